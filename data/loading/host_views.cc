// SPDX-License-Identifier: MIT
#include <ATen/ops/empty.h>

#include <utility>
#include <vector>

#include "data/loading/view_maker.h"
#include "data/loading/view_memory.h"

namespace snclr {
namespace {

class HostViews final : public ViewMaker {
 public:
  HostViews(const Source& source, const AugmentationSpec& views,
            const ViewMakerOptions& options, bool page_locked)
      : source_(source),
        views_(views),
        options_(options),
        page_locked_(page_locked),
        memory_({options.batch, 3, options.side_px, options.side_px},
                at::kFloat),
        slots_(options.slots) {
    for (BatchViews& slot : slots_) Prepare(slot);
  }

  absl::Status Make(int64_t slot, int64_t item, const SampleKey& key) override {
    const BatchViews& batch = slots_[slot];
    const int64_t at = item * 3 * options_.side_px * options_.side_px;
    float* const view2 =
        options_.only_view1 ? nullptr : batch.view2.data_ptr<float>() + at;
    return MakeTrainingViews(source_, views_, key, options_.side_px,
                             batch.view1.data_ptr<float>() + at, view2);
  }

  BatchViews Finish(int64_t slot) override {
    BatchViews made = std::move(slots_[slot]);
    Prepare(slots_[slot]);
    return made;
  }

 private:
  // Page-locked memory is kept by LibTorch, which knows when a copy from it to
  // a device is done; whoever holds the tensor does not.
  at::Tensor TakeMemory() {
    if (!page_locked_) return memory_.Take();
    return at::empty({options_.batch, 3, options_.side_px, options_.side_px},
                     at::TensorOptions(at::kFloat).pinned_memory(true));
  }

  void Prepare(BatchViews& slot) {
    slot.view1 = TakeMemory();
    if (!options_.only_view1) slot.view2 = TakeMemory();
  }

  const Source& source_;
  const AugmentationSpec& views_;
  const ViewMakerOptions options_;
  const bool page_locked_;
  ViewMemory memory_;
  std::vector<BatchViews> slots_;
};

}  // namespace

std::unique_ptr<ViewMaker> MakeHostViews(const Source& source,
                                         const AugmentationSpec& views,
                                         const ViewMakerOptions& options,
                                         bool page_locked) {
  return std::make_unique<HostViews>(source, views, options, page_locked);
}

}  // namespace snclr
