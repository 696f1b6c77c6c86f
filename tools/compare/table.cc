// SPDX-License-Identifier: MIT
#include "tools/compare/table.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace snclr {
namespace {

// Letters on the screen: bytes that begin one in UTF-8.
size_t Width(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
}

// Line breaks as spaces; other control characters, which a terminal would obey,
// by their codes.
std::string OneLine(absl::string_view text) {
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

std::string Quoted(absl::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == absl::string_view::npos) {
    return std::string(cell);
  }
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string TexEscaped(absl::string_view cell) {
  return absl::StrReplaceAll(OneLine(cell), {{"\\", "\\textbackslash{}"},
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

std::string TextTable(const Table& table) {
  const auto lines = Lines(table, OneLine);
  std::vector<size_t> widths(table.columns.size());
  for (const std::vector<std::string>& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], Width(line[i]));
    }
  }
  std::string text;
  for (size_t row = 0; row < lines.size(); ++row) {
    std::string line;
    for (size_t i = 0; i < lines[row].size(); ++i) {
      const std::string padding(widths[i] - Width(lines[row][i]), ' ');
      const bool right = table.columns[i].is_number;
      absl::StrAppend(&line, i == 0 ? "" : "  ", right ? padding : "",
                      lines[row][i], right ? "" : padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
    if (row > 0) continue;
    for (size_t i = 0; i < widths.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : "  ", std::string(widths[i], '-'));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string MarkdownTable(const Table& table) {
  const auto lines = Lines(table, [](absl::string_view cell) {
    return absl::StrReplaceAll(OneLine(cell), {{"\\", "\\\\"},
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
  });
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
