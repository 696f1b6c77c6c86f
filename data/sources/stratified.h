// SPDX-License-Identifier: MIT
// Choosing some of a data set's images, class by class, always the same ones.
#ifndef DATA_SOURCES_STRATIFIED_H_
#define DATA_SOURCES_STRATIFIED_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"

namespace snclr {

// Two choices from one data set for different ends must not coincide.
enum class SubsetPurpose : uint64_t {
  kHoldout = 0,
  kSubset = 1,
  kLabels = 2,  // which labels a semi-supervised evaluation may use
  kProbe = 3,   // which of those choose a linear probe's learning rate
};

using LabelOf = absl::FunctionRef<int64_t(int64_t index)>;

// How many images each class has; the last element (at `classes`) counts the
// unlabelled ones.
std::vector<int64_t> CountByClass(int64_t size, int64_t classes, LabelOf label);

// Which images are chosen: quotas[c] of class c, drawn at random but from
// nothing other than purpose, class and its number of images; no run's seed
// enters. `seed` is of the choice, for those who want another one.
std::vector<bool> ChooseByClass(int64_t size,
                                const std::vector<int64_t>& quotas,
                                LabelOf label, SubsetPurpose purpose,
                                uint64_t seed = 0);

// Splits `total` evenly over classes of these sizes; what small classes lack
// goes to the larger ones. Needs total <= the sum of sizes.
std::vector<int64_t> EvenQuotas(const std::vector<int64_t>& sizes,
                                int64_t total);

}  // namespace snclr

#endif  // DATA_SOURCES_STRATIFIED_H_
