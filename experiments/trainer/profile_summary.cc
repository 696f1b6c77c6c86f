// SPDX-License-Identifier: MIT
#include "experiments/trainer/profile_summary.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {
namespace {

using Shapes = std::vector<std::vector<int64_t>>;

// [..., M, K] x [..., K, N].
int64_t OfProduct(const std::vector<int64_t>& a,
                  const std::vector<int64_t>& b) {
  if (a.size() < 2 || b.size() < 2) return 0;
  int64_t operations = 2 * b.back();
  for (const int64_t size : a) operations *= size;
  return operations;
}

// Products of queries [N, H, Lq, d] with keys [N, H, L, d], and as many of
// weights with values.
int64_t OfAttention(const std::vector<int64_t>& query,
                    const std::vector<int64_t>& key, int64_t products) {
  if (query.size() != 4 || key.size() != 4) return 0;
  return products * 2 * query[0] * query[1] * query[2] * query[3] * key[2];
}

constexpr int64_t kForwardProducts = 2;
constexpr int64_t kBackwardProducts = 5;  // the weights once more, 4 gradients

}  // namespace

std::vector<std::pair<std::string, int64_t>> SelfTimes(
    std::vector<PhaseSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const PhaseSpan& a, const PhaseSpan& b) {
              return a.begin_ns != b.begin_ns ? a.begin_ns < b.begin_ns
                                              : a.end_ns > b.end_ns;
            });
  std::map<std::string, int64_t> times;
  std::vector<const PhaseSpan*> open;  // outermost first
  for (const PhaseSpan& span : spans) {
    while (!open.empty() && open.back()->end_ns <= span.begin_ns) {
      open.pop_back();
    }
    const int64_t duration = span.end_ns - span.begin_ns;
    times[span.name] += duration;
    if (!open.empty()) times[open.back()->name] -= duration;
    open.push_back(&span);
  }
  std::vector<std::pair<std::string, int64_t>> sorted(times.begin(),
                                                      times.end());
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

int64_t MatrixOperations(const std::string& name, const Shapes& shapes) {
  const auto shape = [&](size_t i) {
    return i < shapes.size() ? shapes[i] : std::vector<int64_t>();
  };
  if (name == "aten::mm" || name == "aten::bmm") {
    return OfProduct(shape(0), shape(1));
  }
  if (name == "aten::addmm" || name == "aten::addmm_" ||
      name == "aten::baddbmm") {
    return OfProduct(shape(1), shape(2));
  }
  constexpr char kAttention[] =
      "aten::_scaled_dot_product_flash_attention_for_cpu";
  if (name == kAttention) {
    return OfAttention(shape(0), shape(1), kForwardProducts);
  }
  if (name ==
      absl::StrCat(kAttention, "_backward")) {  // of d_output, q, k, ...
    return OfAttention(shape(1), shape(2), kBackwardProducts);
  }
  return 0;
}

std::vector<std::string> Describe(const ProfileSummary& summary) {
  const auto steps = static_cast<double>(summary.steps);
  const auto wall = static_cast<double>(summary.wall_ns);
  std::vector<std::string> lines = {
      absl::StrFormat("where a step's time goes (%d steps, %.1f ms each)",
                      summary.steps, wall / steps / 1e6)};
  const auto add = [&](const std::string& name, double ns) {
    lines.push_back(absl::StrFormat("  %-12s %9.2f ms  %5.1f %%", name,
                                    ns / steps / 1e6, 100 * ns / wall));
  };
  double named = 0;
  for (const auto& [name, ns] : summary.phases) {
    add(name, static_cast<double>(ns));
    named += static_cast<double>(ns);
  }
  add("other", wall - named);
  const auto operations = static_cast<double>(summary.matrix_operations);
  lines.push_back(absl::StrFormat(
      "  matrix products%s: %.2f GFLOP a step, %.1f GFLOP/s, %.0f %% of the "
      "%.0f GFLOP/s that a product of 2048 x 2048 reaches here",
      summary.has_convolutions ? " (without convolutions)" : "",
      operations / steps / 1e9, operations / wall,
      100 * operations / (wall / 1e9) / summary.matrix_rate,
      summary.matrix_rate / 1e9));
  return lines;
}

}  // namespace snclr
