// SPDX-License-Identifier: MIT
// Columns of text.
#ifndef EXPERIMENTS_SWEEP_TABLE_H_
#define EXPERIMENTS_SWEEP_TABLE_H_

#include <string>
#include <vector>

namespace snclr {

// Lines of aligned columns, two spaces between them, each cut at `columns`
// characters. The first row is the heading. A column in which every cell below
// the heading is a number is set to the right. Rows have equally many cells.
std::vector<std::string> FormatTable(
    const std::vector<std::vector<std::string>>& rows, size_t columns);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_TABLE_H_
