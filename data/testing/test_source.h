// SPDX-License-Identifier: MIT
// A source in memory, whose images a test makes, breaks and counts.
#ifndef DATA_TESTING_TEST_SOURCE_H_
#define DATA_TESTING_TEST_SOURCE_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/source.h"

namespace snclr {

// Class c has sizes[c] images; those of a class lie side by side. Image i is
// named "image i" and read by `read`.
class TestSource final : public Source {
 public:
  using ReadImage = std::function<absl::StatusOr<EncodedImage>(int64_t)>;

  explicit TestSource(const std::vector<int64_t>& sizes, ReadImage read = {})
      : read_(std::move(read)) {
    for (size_t c = 0; c < sizes.size(); ++c) {
      names_.push_back(absl::StrCat("class", c));
      labels_.insert(labels_.end(), sizes[c], static_cast<int64_t>(c));
    }
  }

  // Without labels.
  static TestSource Unlabelled(int64_t size) {
    TestSource source({});
    source.labels_.assign(size, kUnlabelled);
    return source;
  }

  int64_t size() const override { return labels_.size(); }
  const std::vector<std::string>& class_names() const override {
    return names_;
  }
  int64_t label(int64_t index) const override { return labels_[index]; }
  std::string name(int64_t index) const override {
    return absl::StrCat("image ", index);
  }
  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    if (read_) return read_(index);
    return absl::NotFoundError(absl::StrCat(name(index), ": no such file"));
  }
  std::string fingerprint() const override { return "00000000000000ff"; }

 private:
  ReadImage read_;
  std::vector<std::string> names_;
  std::vector<int64_t> labels_;
};

// Five classes of `per_class` images that `make` makes, but for those in
// `broken`, which cannot be read.
inline TestSource FiveClasses(int64_t per_class,
                              std::function<EncodedImage(int64_t)> make,
                              std::set<int64_t> broken) {
  return TestSource(
      std::vector<int64_t>(5, per_class),
      [make = std::move(make), broken = std::move(broken)](
          int64_t index) -> absl::StatusOr<EncodedImage> {
        if (broken.count(index) == 0) return make(index);
        return absl::DataLossError(absl::StrCat("image ", index, ": cut off"));
      });
}

}  // namespace snclr

#endif  // DATA_TESTING_TEST_SOURCE_H_
