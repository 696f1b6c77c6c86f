// SPDX-License-Identifier: MIT
#include "eval/label_subset.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "data/sources/stratified.h"
#include "data/sources/subset.h"
#include "snclr/core/base/atomic_file.h"

namespace snclr {

std::vector<int64_t> LabelSubset(const Source& source,
                                 const LabelsSpec& labels) {
  const auto label = [&](int64_t i) { return source.label(i); };
  std::vector<int64_t> quotas =
      CountByClass(source.size(), source.class_names().size(), label);
  for (int64_t& quota : quotas) {
    if (quota == 0) continue;
    const double share = labels.fraction() * static_cast<double>(quota);
    quota = std::max<int64_t>(1, std::llround(share));
  }
  quotas.back() = 0;  // the unlabelled ones
  const std::vector<bool> chosen = ChooseByClass(
      source.size(), quotas, label, SubsetPurpose::kLabels, labels.seed());
  std::vector<int64_t> places;
  for (int64_t i = 0; i < source.size(); ++i) {
    if (chosen[i]) places.push_back(i);
  }
  return places;
}

std::unique_ptr<Source> TakeLabelled(std::unique_ptr<Source> train,
                                     const LabelsSpec& labels) {
  if (labels.fraction() == 1) return train;
  std::vector<int64_t> places = LabelSubset(*train, labels);
  return TakeImages(std::move(train), std::move(places));
}

absl::Status WriteImageList(const Source& source, const std::string& path) {
  std::string text;
  for (int64_t i = 0; i < source.size(); ++i) {
    absl::StrAppend(&text, source.name(i), "\n");
  }
  return WriteFileAtomically(path, text);
}

std::string LabelsPrefix(const LabelsSpec& labels) {
  if (labels.fraction() == 1) return "";
  return absl::StrFormat("semi_%gpct_", 100 * labels.fraction());
}

}  // namespace snclr
