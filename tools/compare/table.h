// SPDX-License-Identifier: MIT
// Cells of text as a table for a terminal, Markdown, CSV or LaTeX.
#ifndef TOOLS_COMPARE_TABLE_H_
#define TOOLS_COMPARE_TABLE_H_

#include <string>
#include <vector>

namespace snclr {

struct Column {
  std::string title;
  bool is_number = false;  // set to the right
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // a cell for each column
};

// Aligned by spaces, two between columns; a line below the titles. Control
// characters are shown by their codes.
std::string TextTable(const Table& table);

// A pipe table; what Markdown or HTML would read as more than text is escaped.
std::string MarkdownTable(const Table& table);

// RFC 4180: CRLF, quotes where a cell has a comma, a quote or a line break.
std::string CsvTable(const Table& table);

// A tabular environment without packages; what is special to TeX is escaped.
std::string LatexTable(const Table& table);

}  // namespace snclr

#endif  // TOOLS_COMPARE_TABLE_H_
