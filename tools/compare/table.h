// SPDX-License-Identifier: MIT
// Cells of text as a table for a terminal, Markdown, CSV or LaTeX.
#ifndef TOOLS_COMPARE_TABLE_H_
#define TOOLS_COMPARE_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace snclr {

struct Column {
  std::string title;
  bool is_number = false;  // set to the right
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // a cell for each column
};

// Letters on the screen: bytes that begin one in UTF-8.
size_t DisplayWidth(absl::string_view text);

// Text on one line of a terminal: line breaks are spaces, other control
// characters, which it would obey, are shown by their codes.
std::string TextLine(absl::string_view text);

// The same for Markdown: what that or HTML would read as more than text is
// escaped.
std::string MarkdownLine(absl::string_view text);

// Aligned by spaces, two between columns; a line below the titles. Titles that
// are paths are broken after dots where the table would be wider than 80
// columns.
std::string TextTable(const Table& table);

// A pipe table.
std::string MarkdownTable(const Table& table);

// RFC 4180: CRLF, quotes where a cell has a comma, a quote or a line break.
std::string CsvTable(const Table& table);

// A tabular environment without packages; what is special to TeX is escaped.
std::string LatexTable(const Table& table);

}  // namespace snclr

#endif  // TOOLS_COMPARE_TABLE_H_
