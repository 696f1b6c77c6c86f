// SPDX-License-Identifier: MIT
#include "data/loading/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/loading/broken_images.h"
#include "data/loading/prefetcher.h"
#include "data/loading/sample_views.h"
#include "data/loading/view_memory.h"
#include "data/order.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// How many substitutes are tried for one image before the data set is given up.
constexpr int kMostSubstitutes = 100;

// What became of one place in a batch.
struct Place {
  std::vector<std::pair<int64_t, absl::Status>> broken;
  absl::Status error;  // nothing could be put here
};

// A batch in the making.
struct Slot {
  Batch batch;
  std::vector<Place> places;  // [B]
};

class ShuffledLoader final : public Loader {
 public:
  ShuffledLoader(const Source& source, const AugmentationSpec& views,
                 const LoaderOptions& options)
      : source_(source),
        views_(views),
        options_(options),
        steps_per_epoch_(source.size() / (options.ranks * options.batch)),
        next_step_(options.first_step),
        broken_images_(options.max_broken_images),
        view_memory_(
            {options.batch, 3, options.image_size_px, options.image_size_px},
            at::kFloat),
        slots_(options.prefetch_batches),
        prefetcher_(MakePrefetcher()) {}

  int64_t steps_per_epoch() const override { return steps_per_epoch_; }

  absl::StatusOr<Batch> Next() override {
    if (!failure_.ok()) return failure_;
    absl::StatusOr<Batch> batch = absl::InternalError("unset");
    failure_ = CatchTorch([&] {
      prefetcher_->Await(next_step_);
      Slot& slot = slots_[next_step_ % slots_.size()];
      const absl::Status whole = Report(slot);
      if (!whole.ok()) return whole;
      batch = std::move(slot.batch);
      batch->epoch = next_step_ / steps_per_epoch_;
      batch->step = next_step_ % steps_per_epoch_;
      Prepare(slot);
      prefetcher_->Release(next_step_++);
      return absl::OkStatus();
    });
    if (!failure_.ok()) return failure_;
    return batch;
  }

  const std::unordered_set<int64_t>& broken_images() const override {
    return broken_images_.indices();
  }

 private:
  std::unique_ptr<Prefetcher> MakePrefetcher() {
    for (Slot& slot : slots_) Prepare(slot);
    PrefetcherOptions prefetch;
    prefetch.workers = WorkersFor(options_.workers);
    prefetch.depth = slots_.size();
    prefetch.batch_items = options_.batch;
    prefetch.first_batch = options_.first_step;
    return std::make_unique<Prefetcher>(
        prefetch, [this](int64_t step, int64_t item) {
          Place& place = slots_[step % slots_.size()].places[item];
          place.error = CatchTorch([&] { return Fill(step, item, place); });
        });
  }

  // Page-locked memory is kept by LibTorch, which knows when a copy from it to
  // a device is done; whoever holds the tensor does not.
  at::Tensor TakeMemory() {
    if (!options_.page_locked) return view_memory_.Take();
    const int64_t side = options_.image_size_px;
    return at::empty({options_.batch, 3, side, side},
                     at::TensorOptions(at::kFloat).pinned_memory(true));
  }

  void Prepare(Slot& slot) {
    slot.batch.view1 = TakeMemory();
    if (!options_.only_view1) slot.batch.view2 = TakeMemory();
    slot.batch.index = at::empty({options_.batch}, at::kLong);
    slot.batch.label = at::empty({options_.batch}, at::kLong);
    slot.places.assign(options_.batch, Place());
  }

  // The place's position in its epoch.
  int64_t PositionOf(int64_t step, int64_t item) const {
    const int64_t global_batch = options_.ranks * options_.batch;
    return step % steps_per_epoch_ * global_batch +
           options_.rank * options_.batch + item;
  }

  // Which image the epoch's order has for a position.
  int64_t IndexAt(int64_t epoch, int64_t position) const {
    return EpochOrder(source_.size(), options_.seed,
                      epoch)[position / options_.repeats];
  }

  // The image that takes the place of a broken one; drawn, not the next in
  // order, so that it needs no knowledge of other ranks.
  int64_t Substitute(int64_t epoch, int64_t index, int attempt) const {
    return Random(
               options_.seed,
               {kStreamSubstitute, static_cast<uint64_t>(epoch),
                static_cast<uint64_t>(index), static_cast<uint64_t>(attempt)})
        .Below(source_.size());
  }

  // Runs on the workers.
  absl::Status Fill(int64_t step, int64_t item, Place& place) {
    Batch& batch = slots_[step % slots_.size()].batch;
    const int64_t view_floats =
        3 * options_.image_size_px * options_.image_size_px;
    float* view1 = batch.view1.data_ptr<float>() + item * view_floats;
    float* view2 = options_.only_view1
                       ? nullptr
                       : batch.view2.data_ptr<float>() + item * view_floats;
    const int64_t epoch = step / steps_per_epoch_;
    const int64_t position = PositionOf(step, item);
    const int64_t first = IndexAt(epoch, position);

    int64_t index = first;
    std::set<int64_t> broken;
    for (int attempt = 0; attempt <= kMostSubstitutes; ++attempt) {
      const absl::Status status =
          MakeTrainingViews(source_, views_,
                            {options_.seed, epoch, index,
                             static_cast<int>(position % options_.repeats)},
                            options_.image_size_px, view1, view2);
      if (status.ok()) {
        batch.index.data_ptr<int64_t>()[item] = index;
        batch.label.data_ptr<int64_t>()[item] = source_.label(index);
        return absl::OkStatus();
      }
      if (!IsBrokenImage(status)) return status;
      if (broken.insert(index).second) place.broken.emplace_back(index, status);
      // The limit is passed here already: more attempts change nothing.
      if (static_cast<int64_t>(broken.size()) > options_.max_broken_images) {
        break;
      }
      index = Substitute(epoch, first, attempt);
    }
    return absl::DataLossError(
        absl::StrCat("no readable image found in place of ",
                     source_.name(first), "; is the whole data set broken?"));
  }

  // Counts what was broken in this batch, in its order.
  absl::Status Report(const Slot& slot) {
    for (const Place& place : slot.places) {
      for (const auto& [index, reason] : place.broken) {
        const absl::Status status = broken_images_.Add(index, reason);
        if (!status.ok()) return status;
      }
      if (!place.error.ok()) return place.error;
    }
    return absl::OkStatus();
  }

  const Source& source_;
  const AugmentationSpec views_;
  const LoaderOptions options_;
  const int64_t steps_per_epoch_;

  int64_t next_step_;  // since the run's beginning
  BrokenImages broken_images_;
  absl::Status failure_;
  ViewMemory view_memory_;
  std::vector<Slot> slots_;
  std::unique_ptr<Prefetcher> prefetcher_;  // last: its threads use the others
};

}  // namespace

absl::StatusOr<std::unique_ptr<Loader>> MakeLoader(
    const Source& source, const AugmentationSpec& views,
    const LoaderOptions& options) {
  if (options.batch < 1 || options.image_size_px < 1 || options.ranks < 1 ||
      options.rank < 0 || options.rank >= options.ranks ||
      options.prefetch_batches < 1 || options.first_step < 0 ||
      options.repeats < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a loader of ", options.batch, " images of ", options.image_size_px,
        " px for rank ", options.rank, " of ", options.ranks, ", ",
        options.prefetch_batches, " batches ahead, from step ",
        options.first_step, ", ", options.repeats, " times each"));
  }
  const int64_t global_batch = options.ranks * options.batch;
  if (global_batch > source.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.global_batch: a batch of ", global_batch,
        " images is larger than the data set, which has ", source.size()));
  }
  std::unique_ptr<Loader> loader;
  const absl::Status status = CatchTorch([&] {
    loader = std::make_unique<ShuffledLoader>(source, views, options);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return loader;
}

}  // namespace snclr
