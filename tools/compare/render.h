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

// Tables for readers (text, Markdown, LaTeX) round, and write a group's metric
// as "mean ± deviation". CSV and JSON keep every digit and give a group
// <metric>, <metric>_std and <metric>_n. A JSON row is an object with run,
// method, seed and status: a run's own, or what the counted runs of a group
// share, else null; groups list their runs, seeds and who was left out. A
// number that is none is null in JSON.
std::string Render(const Comparison& comparison, Format format);

}  // namespace snclr

#endif  // TOOLS_COMPARE_RENDER_H_
