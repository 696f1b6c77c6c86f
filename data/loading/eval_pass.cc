// SPDX-License-Identifier: MIT
// The half of data/loader.h that goes through a source once, in order.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/loading/broken_images.h"
#include "data/loading/loader.h"
#include "data/loading/prefetcher.h"
#include "data/loading/sample_views.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

constexpr int64_t kBatchesAhead = 2;

struct Slot {
  at::Tensor images;                 // [batch, 3, S, S]
  std::vector<absl::Status> status;  // [batch], of each image
};

class EvalPass {
 public:
  EvalPass(const Source& source, const AugmentationSpec& views,
           const EvalOptions& options)
      : source_(source),
        views_(views),
        options_(options),
        count_(ImagesAsked(options, source)),
        broken_images_(options.max_broken_images),
        slots_(kBatchesAhead) {}

  absl::Status Run(
      const std::function<absl::Status(const EvalBatch&)>& consume) {
    for (Slot& slot : slots_) Prepare(slot);
    PrefetcherOptions prefetch;
    prefetch.workers = WorkersFor(options_.workers);
    prefetch.depth = kBatchesAhead;
    prefetch.batch_items = options_.batch;
    prefetch.last_batch = (count_ + options_.batch - 1) / options_.batch;
    Prefetcher prefetcher(prefetch, [this](int64_t batch, int64_t item) {
      Slot& slot = slots_[batch % kBatchesAhead];
      slot.status[item] = CatchTorch([&] { return Fill(batch, item, slot); });
    });
    for (int64_t batch = 0; batch < prefetch.last_batch; ++batch) {
      prefetcher.Await(batch);
      Slot& slot = slots_[batch % kBatchesAhead];
      ASSIGN_OR_RETURN(const EvalBatch whole, Collect(batch, slot));
      Prepare(slot);
      prefetcher.Release(batch);
      if (whole.index.numel() > 0) {
        RETURN_IF_ERROR(consume(whole));
      }
    }
    return absl::OkStatus();
  }

 private:
  void Prepare(Slot& slot) const {
    const int64_t side = options_.image_size_px;
    slot.images = at::empty({options_.batch, 3, side, side}, at::kFloat);
    slot.status.assign(options_.batch, absl::OkStatus());
  }

  // Runs on the workers. Places after the last image stay empty.
  absl::Status Fill(int64_t batch, int64_t item, Slot& slot) const {
    const int64_t place = batch * options_.batch + item;
    if (place >= count_) return absl::OkStatus();
    const int64_t side = options_.image_size_px;
    return MakeEvalView(source_, views_, options_.first + place, side,
                        slot.images.data_ptr<float>() + item * 3 * side * side);
  }

  // The batch's good images; counts the others.
  absl::StatusOr<EvalBatch> Collect(int64_t batch, const Slot& slot) {
    const int64_t images =
        std::min(options_.batch, count_ - batch * options_.batch);
    const int64_t first = options_.first + batch * options_.batch;
    std::vector<int64_t> places, indices, labels;
    for (int64_t item = 0; item < images; ++item) {
      const absl::Status& status = slot.status[item];
      if (IsBrokenImage(status)) {
        RETURN_IF_ERROR(broken_images_.Add(first + item, status));
        continue;
      }
      RETURN_IF_ERROR(status);
      places.push_back(item);
      indices.push_back(first + item);
      labels.push_back(source_.label(first + item));
    }
    EvalBatch whole;
    whole.index = at::tensor(indices, at::kLong);
    whole.label = at::tensor(labels, at::kLong);
    whole.images =
        static_cast<int64_t>(places.size()) == options_.batch
            ? slot.images
            : slot.images.index_select(0, at::tensor(places, at::kLong));
    return whole;
  }

  const Source& source_;
  const AugmentationSpec& views_;
  const EvalOptions& options_;
  const int64_t count_;
  BrokenImages broken_images_;
  std::vector<Slot> slots_;
};

}  // namespace

int64_t ImagesAsked(const EvalOptions& options, const Source& source) {
  return options.count < 0 ? source.size() - options.first : options.count;
}

absl::Status ForEachEvalBatch(
    const Source& source, const AugmentationSpec& views,
    const EvalOptions& options,
    const std::function<absl::Status(const EvalBatch&)>& consume) {
  if (options.batch < 1 || options.image_size_px < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("an evaluation in batches of ", options.batch,
                     " images of ", options.image_size_px, " px"));
  }
  if (options.first < 0 || options.first > source.size() ||
      options.count > source.size() - options.first) {
    return absl::InvalidArgumentError(
        absl::StrCat("an evaluation of ", options.count, " images from number ",
                     options.first, " of ", source.size()));
  }
  return CatchTorch(
      [&] { return EvalPass(source, views, options).Run(consume); });
}

}  // namespace snclr
