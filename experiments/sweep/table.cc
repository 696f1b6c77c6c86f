// SPDX-License-Identifier: MIT
#include "experiments/sweep/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

bool IsNumberOrEmpty(const std::string& cell) {
  double number = 0;
  return cell.empty() || absl::SimpleAtod(cell, &number);
}

}  // namespace

std::vector<std::string> FormatTable(
    const std::vector<std::vector<std::string>>& rows, size_t columns) {
  std::vector<size_t> widths;
  std::vector<bool> right;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    right.resize(widths.size(), true);
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
      if (&row != &rows.front() && !IsNumberOrEmpty(row[i])) right[i] = false;
    }
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", right[i] ? space : "", row[i],
                      right[i] ? "" : space);
    }
    line.resize(std::min(line.size(), columns));
    absl::StripTrailingAsciiWhitespace(&line);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace snclr
