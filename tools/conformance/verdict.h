// SPDX-License-Identifier: MIT
// What holding one golden file against the code came to.
//
//   Verdict verdict;
//   verdict.Compare("loss", loss, golden.Tensor("out.loss"), {2e-6});
//   verdict.CompareExactly("index", index, golden.Tensor("out.index"));
//   verdict.passed()  // both agree
#ifndef TOOLS_CONFORMANCE_VERDICT_H_
#define TOOLS_CONFORMANCE_VERDICT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "snclr/core/base/golden.h"

namespace snclr {

class Verdict {
 public:
  enum class Outcome { kPassed, kFailed, kSkipped };

  // |actual - expected| <= relative * max|expected| + absolute, everywhere, in
  // double. Another shape or a NaN is a failure.
  void Compare(const std::string& what, const at::Tensor& actual,
               const at::Tensor& expected, const Tolerance& tolerance);
  void Compare(const std::string& what, double actual, double expected,
               const Tolerance& tolerance);

  // |actual - expected| <= relative * |expected|, each element by itself.
  void CompareElements(const std::string& what, const at::Tensor& actual,
                       const at::Tensor& expected, double relative);

  // Integers and copies.
  void CompareExactly(const std::string& what, const at::Tensor& actual,
                      const at::Tensor& expected);

  // A property that is no difference of two tensors; `what` says it.
  void Require(bool holds, const std::string& what);

  // The code does not do what this file is about; `why` names it. Whatever was
  // compared counts no more.
  void Skip(const std::string& why);

  // What ended the comparison early, an exception of the code's.
  void Fail(const std::string& why);

  // Failed, too, where nothing was compared: a file without expectations says
  // nothing about the code.
  Outcome outcome() const;

  // "31 compared, largest difference 1.2e-07 absolute, 3e-08 relative", with
  // the first failures behind it, or why it was skipped. Relative is to a
  // tensor's largest value; tensors that are zero but for rounding (no value
  // above the absolute tolerance) have none.
  std::string Describe() const;

 private:
  void Record(const std::string& what, const Distance& distance, bool within,
              double allowed);

  int64_t compared_ = 0;
  int64_t failed_ = 0;
  double largest_absolute_ = 0;
  double largest_relative_ = 0;
  std::string failures_;
  std::string skipped_because_;
};

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_VERDICT_H_
