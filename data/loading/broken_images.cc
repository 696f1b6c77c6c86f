// SPDX-License-Identifier: MIT
#include "data/loading/broken_images.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/logging.h"

namespace snclr {
namespace {

constexpr size_t kReasonsKept = 3;

}  // namespace

absl::Status BrokenImages::Add(int64_t index, const absl::Status& reason) {
  if (indices_.insert(index).second) {
    LOG(WARNING) << "broken image skipped: " << reason.message();
    last_reasons_.emplace_back(reason.message());
    if (last_reasons_.size() > kReasonsKept) last_reasons_.pop_front();
  }
  if (count() <= limit_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      count(), " broken images, more than data.max_broken_images (", limit_,
      ") allows; the last: ", absl::StrJoin(last_reasons_, "; ")));
}

}  // namespace snclr
