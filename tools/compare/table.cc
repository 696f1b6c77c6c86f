// SPDX-License-Identifier: MIT
#include "tools/compare/table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace snclr {
namespace {

// Hyphens of numbers as minus signs; a lone one says that there is none.
std::string TexNumber(absl::string_view cell) {
  if (cell == "-") return std::string(cell);
  return absl::StrReplaceAll(cell, {{"-", "$-$"}});
}

std::vector<std::string> Titles(const Table& table) {
  std::vector<std::string> titles;
  for (const Column& column : table.columns) titles.push_back(column.title);
  return titles;
}

// Titles, then rows, each cell through `escape`.
template <typename Escape>
std::vector<std::vector<std::string>> Lines(const Table& table,
                                            const Escape& escape) {
  std::vector<std::vector<std::string>> lines = {Titles(table)};
  lines.insert(lines.end(), table.rows.begin(), table.rows.end());
  for (std::vector<std::string>& line : lines) {
    for (std::string& cell : line) cell = escape(cell);
  }
  return lines;
}

constexpr size_t kUsualWidth = 80;  // of a terminal

size_t TotalWidth(const std::vector<size_t>& title_widths,
                  const std::vector<size_t>& cell_widths) {
  size_t total = 0;
  for (size_t i = 0; i < title_widths.size(); ++i) {
    total += std::max(title_widths[i], cell_widths[i]) + (i == 0 ? 0 : 2);
  }
  return total;
}

// A path in as few lines as fit its cells, broken after dots.
std::vector<std::string> BrokenTitle(const std::string& title,
                                     size_t cell_width) {
  std::vector<std::string> parts = absl::StrSplit(title, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) parts[i] += '.';
  size_t width = cell_width;
  for (const std::string& part : parts)
    width = std::max(width, DisplayWidth(part));
  std::vector<std::string> lines;
  for (const std::string& part : parts) {
    if (!lines.empty() &&
        DisplayWidth(lines.back()) + DisplayWidth(part) <= width) {
      lines.back() += part;
    } else {
      lines.push_back(part);
    }
  }
  return lines;
}

void AppendLine(const Table& table, const std::vector<size_t>& widths,
                const std::vector<std::string>& cells, std::string* text) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
    const bool right = table.columns[i].is_number;
    absl::StrAppend(&line, i == 0 ? "" : "  ", right ? padding : "", cells[i],
                    right ? "" : padding);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  absl::StrAppend(text, line, "\n");
}

std::string Quoted(absl::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == absl::string_view::npos) {
    return std::string(cell);
  }
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string TexEscaped(absl::string_view cell) {
  return absl::StrReplaceAll(TextLine(cell), {{"\\", "\\textbackslash{}"},
                                              {"~", "\\textasciitilde{}"},
                                              {"^", "\\textasciicircum{}"},
                                              {"<", "\\textless{}"},
                                              {">", "\\textgreater{}"},
                                              {"|", "\\textbar{}"},
                                              {"&", "\\&"},
                                              {"%", "\\%"},
                                              {"$", "\\$"},
                                              {"#", "\\#"},
                                              {"_", "\\_"},
                                              {"{", "\\{"},
                                              {"}", "\\}"},
                                              {"±", "$\\pm$"}});
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
}

std::string TextLine(absl::string_view text) {
  std::string line;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r' || c == '\t') {
      line += ' ';
    } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppend(&line, "\\x", absl::Hex(c, absl::kZeroPad2));
    } else {
      line += c;
    }
  }
  return line;
}

std::string MarkdownLine(absl::string_view text) {
  return absl::StrReplaceAll(TextLine(text), {{"\\", "\\\\"},
                                              {"|", "\\|"},
                                              {"*", "\\*"},
                                              {"_", "\\_"},
                                              {"~", "\\~"},
                                              {"$", "\\$"},
                                              {"](", "\\]("},
                                              {"][", "\\]["},
                                              {"&", "&amp;"},
                                              {"<", "&lt;"},
                                              {"`", "\\`"}});
}

std::string TextTable(const Table& table) {
  const auto lines = Lines(table, TextLine);
  std::vector<size_t> title_widths, cell_widths(table.columns.size());
  for (const std::string& title : lines[0]) {
    title_widths.push_back(DisplayWidth(title));
  }
  for (size_t row = 1; row < lines.size(); ++row) {
    for (size_t i = 0; i < lines[row].size(); ++i) {
      cell_widths[i] = std::max(cell_widths[i], DisplayWidth(lines[row][i]));
    }
  }
  const bool breaks = TotalWidth(title_widths, cell_widths) > kUsualWidth;
  std::vector<std::vector<std::string>> titles;  // by column, its lines
  size_t height = 1;
  for (size_t i = 0; i < lines[0].size(); ++i) {
    titles.push_back(breaks ? BrokenTitle(lines[0][i], cell_widths[i])
                            : std::vector<std::string>{lines[0][i]});
    height = std::max(height, titles[i].size());
  }
  std::vector<size_t> widths = cell_widths;
  std::vector<std::vector<std::string>> header(
      height, std::vector<std::string>(titles.size()));
  for (size_t i = 0; i < titles.size(); ++i) {
    const size_t above = height - titles[i].size();
    for (size_t line = 0; line < titles[i].size(); ++line) {
      widths[i] = std::max(widths[i], DisplayWidth(titles[i][line]));
      header[above + line][i] = std::move(titles[i][line]);
    }
  }
  std::string text;
  for (const std::vector<std::string>& line : header) {
    AppendLine(table, widths, line, &text);
  }
  for (size_t i = 0; i < widths.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "  ", std::string(widths[i], '-'));
  }
  absl::StrAppend(&text, "\n");
  for (size_t row = 1; row < lines.size(); ++row) {
    AppendLine(table, widths, lines[row], &text);
  }
  return text;
}

std::string MarkdownTable(const Table& table) {
  const auto lines = Lines(table, MarkdownLine);
  std::string text;
  for (size_t row = 0; row < lines.size(); ++row) {
    absl::StrAppend(&text, "| ", absl::StrJoin(lines[row], " | "), " |\n");
    if (row > 0) continue;
    for (const Column& column : table.columns) {
      absl::StrAppend(&text, column.is_number ? "|---:" : "|---");
    }
    absl::StrAppend(&text, "|\n");
  }
  return text;
}

std::string CsvTable(const Table& table) {
  std::string text;
  for (const std::vector<std::string>& line : Lines(table, Quoted)) {
    absl::StrAppend(&text, absl::StrJoin(line, ","), "\r\n");
  }
  return text;
}

std::string LatexTable(const Table& table) {
  std::string text = "\\begin{tabular}{";
  for (const Column& column : table.columns) {
    absl::StrAppend(&text, column.is_number ? "r" : "l");
  }
  absl::StrAppend(&text, "}\n\\hline\n");
  auto lines = Lines(table, TexEscaped);
  for (size_t row = 0; row < lines.size(); ++row) {
    for (size_t i = 0; row > 0 && i < table.columns.size(); ++i) {
      if (table.columns[i].is_number) {
        lines[row][i] = TexNumber(lines[row][i]);
      }
    }
    // After the end of a row these would be its arguments.
    const std::string& first = lines[row][0];
    if (!first.empty() && (first[0] == '[' || first[0] == '*')) {
      lines[row][0] = absl::StrCat("{}", first);
    }
    absl::StrAppend(&text, absl::StrJoin(lines[row], " & "), " \\\\\n",
                    row == 0 ? "\\hline\n" : "");
  }
  absl::StrAppend(&text, "\\hline\n\\end{tabular}\n");
  return text;
}

}  // namespace snclr
