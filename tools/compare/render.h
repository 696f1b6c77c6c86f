// SPDX-License-Identifier: MIT
// A comparison as text in one of the formats of --format.
#ifndef TOOLS_COMPARE_RENDER_H_
#define TOOLS_COMPARE_RENDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/compare/comparison.h"

namespace snclr {

enum class Format { kTable, kMarkdown, kCsv, kJson, kLatex };

absl::StatusOr<Format> ParseFormat(const std::string& name);

// Tables for readers (text, Markdown, LaTeX) round; CSV and JSON keep every
// digit. group_table.h and render_json.h say what is in them.
std::string Render(const Comparison& comparison, Format format);

}  // namespace snclr

#endif  // TOOLS_COMPARE_RENDER_H_
