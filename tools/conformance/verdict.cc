// SPDX-License-Identifier: MIT
#include "tools/conformance/verdict.h"

#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {
namespace {

// The line of a case that went wrong altogether stays readable.
constexpr int64_t kNamedFailures = 4;

double Largest(const at::Tensor& tensor) {
  return tensor.numel() == 0
             ? 0
             : tensor.to(at::kDouble).abs().max().item<double>();
}

}  // namespace

void Verdict::Compare(const std::string& what, const at::Tensor& actual,
                      const at::Tensor& expected, const Tolerance& tolerance) {
  Distance distance = MeasureDistance(actual, expected);
  const bool within = IsWithin(distance, expected, tolerance);
  const double largest = Largest(expected);
  if (within && largest <= tolerance.absolute) distance.relative = 0;
  Record(what, distance, within,
         tolerance.relative * largest + tolerance.absolute);
}

void Verdict::Compare(const std::string& what, double actual, double expected,
                      const Tolerance& tolerance) {
  const auto scalar = [](double value) {
    return at::scalar_tensor(value, at::TensorOptions(at::kDouble));
  };
  Compare(what, scalar(actual), scalar(expected), tolerance);
}

void Verdict::CompareElements(const std::string& what, const at::Tensor& actual,
                              const at::Tensor& expected, double relative) {
  const Distance distance = MeasureDistance(actual, expected);
  if (!std::isfinite(distance.absolute)) {
    Record(what, distance, false, relative);
    return;
  }
  const auto wanted = expected.to(at::kCPU, at::kDouble);
  const auto apart =
      actual.detach().to(at::kCPU, at::kDouble).sub(wanted).abs();
  const auto share = apart.div(wanted.abs()).masked_fill(apart.eq(0), 0);
  const double largest = Largest(share);  // infinite where only `wanted` is 0
  Record(what, {distance.absolute, largest}, largest <= relative, relative);
}

void Verdict::CompareExactly(const std::string& what, const at::Tensor& actual,
                             const at::Tensor& expected) {
  const Distance distance = MeasureDistance(actual, expected);
  Record(what, distance, distance.absolute == 0, 0);
}

void Verdict::Require(bool holds, const std::string& what) {
  ++compared_;
  if (!holds) Fail(absl::StrCat("not so: ", what));
}

void Verdict::Skip(const std::string& why) { skipped_because_ = why; }

void Verdict::Fail(const std::string& why) {
  ++failed_;
  if (failed_ <= kNamedFailures) absl::StrAppend(&failures_, "\n    ", why);
}

void Verdict::Record(const std::string& what, const Distance& distance,
                     bool within, double allowed) {
  ++compared_;
  largest_absolute_ = std::max(largest_absolute_, distance.absolute);
  largest_relative_ = std::max(largest_relative_, distance.relative);
  if (within) return;
  Fail(absl::StrFormat("%s: off by %.3g absolute, %.3g relative; allowed %.3g",
                       what, distance.absolute, distance.relative, allowed));
}

Verdict::Outcome Verdict::outcome() const {
  if (!skipped_because_.empty()) return Outcome::kSkipped;
  return failed_ > 0 || compared_ == 0 ? Outcome::kFailed : Outcome::kPassed;
}

std::string Verdict::Describe() const {
  if (!skipped_because_.empty()) return skipped_because_;
  if (compared_ == 0 && failed_ == 0) return "holds nothing to compare with";
  std::string text = absl::StrFormat(
      "%d compared, largest difference %.3g absolute, %.3g relative", compared_,
      largest_absolute_, largest_relative_);
  absl::StrAppend(&text, failures_);
  if (failed_ > kNamedFailures) {
    absl::StrAppend(&text, "\n    and ", failed_ - kNamedFailures, " more");
  }
  return text;
}

}  // namespace snclr
