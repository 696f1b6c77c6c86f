// SPDX-License-Identifier: MIT
#include "data/loading/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/device_views/view_batch.h"
#include "data/loading/ahead_loader.h"
#include "data/loading/broken_images.h"
#include "data/loading/prefetcher.h"
#include "data/loading/resident_images.h"
#include "data/loading/sample_views.h"
#include "data/loading/view_maker.h"
#include "data/order.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// How many substitutes are tried for one image before the data set is given up.
constexpr int kMostSubstitutes = 100;

// What became of one place in a batch.
struct Place {
  int attempts = 0;  // images that were tried
  std::vector<std::pair<int64_t, absl::Status>> broken;
  absl::Status error;  // nothing could be put here
};

// A batch in the making, but for its views.
struct Slot {
  at::Tensor index, label;
  std::vector<Place> places;  // [B]
};

class ShuffledLoader final : public Loader {
 public:
  // `resident` may be null.
  ShuffledLoader(const Source& source, const AugmentationSpec& views,
                 const LoaderOptions& options,
                 std::unique_ptr<ResidentImages> resident)
      : source_(source),
        views_(views),
        options_(options),
        resident_(std::move(resident)),
        steps_per_epoch_(source.size() / (options.ranks * options.batch)),
        next_step_(options.first_step),
        broken_images_(options.max_broken_images),
        view_maker_(MakeViewMaker()),
        slots_(options.prefetch_batches),
        prefetcher_(MakePrefetcher()) {}

  int64_t steps_per_epoch() const override { return steps_per_epoch_; }

  absl::StatusOr<Batch> Next() override {
    if (!failure_.ok()) return failure_;
    absl::StatusOr<Batch> batch = absl::InternalError("unset");
    failure_ = CatchTorch([&] {
      prefetcher_->Await(next_step_);
      Slot& slot = slots_[next_step_ % slots_.size()];
      SettleSlot(next_step_, slot);
      const absl::Status whole = Report(slot);
      if (!whole.ok()) return whole;
      BatchViews views = view_maker_->Finish(next_step_ % slots_.size());
      batch =
          Batch{std::move(views.view1),        std::move(views.view2),
                std::move(slot.index),         std::move(slot.label),
                next_step_ / steps_per_epoch_, next_step_ % steps_per_epoch_};
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

  LoaderFacts facts() const override {
    LoaderFacts facts;
    facts.on_device = options_.make_on.has_value();
    facts.decodes = facts.on_device && options_.make_on->decoder != nullptr;
    facts.refused_jpegs = view_maker_->refused_jpegs();
    if (resident_ != nullptr) {
      facts.resident_images = resident_->images();
      facts.resident_bytes = resident_->pixels().numel();
    }
    return facts;
  }

 private:
  std::unique_ptr<ViewMaker> MakeViewMaker() {
    ViewMakerOptions making;
    making.batch = options_.batch;
    making.slots = options_.prefetch_batches;
    making.side_px = options_.image_size_px;
    making.only_view1 = options_.only_view1;
    if (!options_.make_on) {
      return MakeHostViews(source_, views_, making, options_.page_locked);
    }
    const MakeOnDevice& on = *options_.make_on;
    return MakeDeviceViews(source_, views_, making, resident_.get(),
                           on.decoder.get(), on.device, on.dtype);
  }

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

  void Prepare(Slot& slot) {
    slot.index = at::empty({options_.batch}, at::kLong);
    slot.label = at::empty({options_.batch}, at::kLong);
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

  // Puts the next image that can be read into a place that has none. Runs on
  // the workers.
  absl::Status Fill(int64_t step, int64_t item, Place& place) {
    const auto at = static_cast<int64_t>(step % slots_.size());
    const Slot& slot = slots_[at];
    const int64_t epoch = step / steps_per_epoch_;
    const int64_t position = PositionOf(step, item);
    const int64_t first = IndexAt(epoch, position);
    while (place.attempts <= kMostSubstitutes) {
      const int64_t index = place.attempts == 0
                                ? first
                                : Substitute(epoch, first, place.attempts - 1);
      ++place.attempts;
      const absl::Status status =
          view_maker_->Make(at, item,
                            {options_.seed, epoch, index,
                             static_cast<int>(position % options_.repeats)});
      if (status.ok()) {
        slot.index.data_ptr<int64_t>()[item] = index;
        slot.label.data_ptr<int64_t>()[item] = source_.label(index);
        return absl::OkStatus();
      }
      if (!IsBrokenImage(status)) return status;
      if (!MarkBroken(index, status, place)) break;
    }
    return absl::DataLossError(
        absl::StrCat("no readable image found in place of ",
                     source_.name(first), "; is the whole data set broken?"));
  }

  // Whether another attempt can change anything: where the limit is passed here
  // already, none can.
  bool MarkBroken(int64_t index, const absl::Status& status,
                  Place& place) const {
    const bool known = std::any_of(
        place.broken.begin(), place.broken.end(),
        [index](const auto& broken) { return broken.first == index; });
    if (!known) place.broken.emplace_back(index, status);
    return static_cast<int64_t>(place.broken.size()) <=
           options_.max_broken_images;
  }

  // What shows only once all places are made.
  void SettleSlot(int64_t step, Slot& slot) {
    const auto at = static_cast<int64_t>(step % slots_.size());
    for (const Place& place : slot.places) {
      if (!place.error.ok()) return;  // there is no batch
    }
    for (const auto& [item, why] : view_maker_->Settle(at)) {
      Place& place = slot.places[item];
      if (!IsBrokenImage(why)) {
        place.error = why;
      } else if (MarkBroken(slot.index.data_ptr<int64_t>()[item], why, place)) {
        place.error = Fill(step, item, place);
      } else {
        place.error = why;
      }
    }
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
  const std::unique_ptr<ResidentImages> resident_;  // null: none
  const int64_t steps_per_epoch_;

  int64_t next_step_;  // since the run's beginning
  BrokenImages broken_images_;
  absl::Status failure_;
  const std::unique_ptr<ViewMaker> view_maker_;
  std::vector<Slot> slots_;
  std::unique_ptr<Prefetcher> prefetcher_;  // last: its threads use the others
};

// Null: none.
absl::StatusOr<std::unique_ptr<ResidentImages>> KeepImages(
    const Source& source, const LoaderOptions& options) {
  if (!options.make_on || options.make_on->resident_bytes <= 0) return nullptr;
  ResidentOptions resident;
  resident.limit_bytes = options.make_on->resident_bytes;
  resident.side_px = options.image_size_px;
  resident.workers = WorkersFor(options.workers);
  resident.device = options.make_on->device;
  resident.jpegs = options.make_on->decoder == nullptr;
  return ResidentImages::Load(source, resident);
}

}  // namespace

bool CanMakeOnDevice(const AugmentationSpec& views) {
  return CanMakeOnDevice(views.view1()) && CanMakeOnDevice(views.view2());
}

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
  if (options.make_on &&
      !(CanMakeOnDevice(views.view1()) &&
        (options.only_view1 || CanMakeOnDevice(views.view2())))) {
    return absl::InvalidArgumentError(
        "augmentation: RandAugment and erasing are the CPU's to make");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<ResidentImages> resident,
                   KeepImages(source, options));
  std::unique_ptr<Loader> loader;
  const absl::Status status = CatchTorch([&] {
    loader = std::make_unique<ShuffledLoader>(source, views, options,
                                              std::move(resident));
    if (options.make_on) {
      loader = MakeAheadLoader(std::move(loader), options.make_on->device);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return loader;
}

}  // namespace snclr
