// SPDX-License-Identifier: MIT
#include "data/sources/subset.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/sources/stratified.h"
#include "snclr/core/base/fingerprint.h"

namespace snclr {
namespace {

class Subset final : public Source {
 public:
  Subset(std::unique_ptr<Source> whole, std::vector<int64_t> indices)
      : whole_(std::move(whole)), indices_(std::move(indices)) {}

  int64_t size() const override { return indices_.size(); }
  const std::vector<std::string>& class_names() const override {
    return whole_->class_names();
  }
  int64_t label(int64_t index) const override {
    return whole_->label(indices_[index]);
  }
  std::string name(int64_t index) const override {
    return whole_->name(indices_[index]);
  }
  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    return whole_->Read(indices_[index]);
  }
  std::string fingerprint() const override {
    Fingerprint digest;
    digest.Add(whole_->fingerprint());
    for (const int64_t index : indices_) digest.Add(index);
    return digest.Hex();
  }

 private:
  std::unique_ptr<Source> whole_;
  std::vector<int64_t> indices_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> TakeEvenly(
    std::unique_ptr<Source> source, int64_t count, const std::string& field) {
  const int64_t size = source->size();
  if (count > size) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, ": ", count, " images asked for, there are ", size));
  }
  if (count == size) return source;
  const auto label = [&](int64_t i) { return source->label(i); };
  const std::vector<int64_t> quotas = EvenQuotas(
      CountByClass(size, source->class_names().size(), label), count);
  const std::vector<bool> chosen =
      ChooseByClass(size, quotas, label, SubsetPurpose::kSubset);
  std::vector<int64_t> indices;
  indices.reserve(count);
  for (int64_t i = 0; i < size; ++i) {
    if (chosen[i]) indices.push_back(i);
  }
  return TakeImages(std::move(source), std::move(indices));
}

std::unique_ptr<Source> TakeImages(std::unique_ptr<Source> source,
                                   std::vector<int64_t> indices) {
  return std::make_unique<Subset>(std::move(source), std::move(indices));
}

}  // namespace snclr
