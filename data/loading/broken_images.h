// SPDX-License-Identifier: MIT
// The images that could not be read, and when there are too many.
#ifndef DATA_LOADING_BROKEN_IMAGES_H_
#define DATA_LOADING_BROKEN_IMAGES_H_

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>

#include "absl/status/status.h"

namespace snclr {

// Counts each image once. Not thread-safe: one thread reports, in the order of
// the data, so that the count at any batch is the same in every run.
class BrokenImages {
 public:
  explicit BrokenImages(int64_t limit) : limit_(limit) {}

  // Image `index` is broken; `reason` begins with its name and is logged the
  // first time. DataLoss once there are more than the limit, with the limit's
  // field and the last images.
  absl::Status Add(int64_t index, const absl::Status& reason);

  int64_t count() const { return static_cast<int64_t>(indices_.size()); }
  const std::unordered_set<int64_t>& indices() const { return indices_; }

 private:
  int64_t limit_;
  std::unordered_set<int64_t> indices_;
  std::deque<std::string> last_reasons_;
};

}  // namespace snclr

#endif  // DATA_LOADING_BROKEN_IMAGES_H_
