// SPDX-License-Identifier: MIT
// How a loader's views are made: what its workers do for each image, and what
// is done once a batch has all of them.
#ifndef DATA_LOADING_VIEW_MAKER_H_
#define DATA_LOADING_VIEW_MAKER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "data/device_decode/device_decoder.h"
#include "data/loading/resident_images.h"
#include "data/loading/sample_views.h"
#include "data/source.h"
#include "data/views/augmentation.pb.h"

namespace snclr {

struct BatchViews {
  at::Tensor view1;  // [B, 3, S, S]
  at::Tensor view2;  // undefined where only view1 is made
};

struct ViewMakerOptions {
  int64_t batch = 0;  // B
  int64_t slots = 0;  // batches in the making
  int64_t side_px = 0;
  bool only_view1 = false;
};

class ViewMaker {
 public:
  virtual ~ViewMaker() = default;

  // The views of one image become those of place `item` in the batch of this
  // slot. Thread-safe for different places. Errors as DecodeForViews; after one
  // the place may be made again, of another image.
  virtual absl::Status Make(int64_t slot, int64_t item,
                            const SampleKey& key) = 0;

  // Where all places are made, what can be done only then and may find an image
  // broken: the places whose images are, in order, and why. They are to be made
  // again, before Finish. For one thread, as Finish. Throws c10::Error.
  struct Failed {
    int64_t item;
    absl::Status why;
  };
  virtual std::vector<Failed> Settle(int64_t slot) { return {}; }

  // The batch; the slot is then empty again. Throws c10::Error.
  virtual BatchViews Finish(int64_t slot) = 0;

  // JPEGs in the batches so far that a device's decoder refused.
  virtual int64_t refused_jpegs() const { return 0; }
};

// By the workers themselves, in float. `page_locked` as LoaderOptions has it.
// What is referred to outlives the maker; so below.
std::unique_ptr<ViewMaker> MakeHostViews(const Source& source,
                                         const AugmentationSpec& views,
                                         const ViewMakerOptions& options,
                                         bool page_locked);

// By `device`, in `dtype`, where they then lie: the workers read, draw and
// decode, images of `resident` (null: none) not even that; Finish uploads and
// launches on the current stream, and waits until the upload is done but not
// for the views. JPEGs are decoded by `decoder` (null: as ever), whole, and by
// the CPU where it refuses them.
std::unique_ptr<ViewMaker> MakeDeviceViews(
    const Source& source, const AugmentationSpec& views,
    const ViewMakerOptions& options, const ResidentImages* resident,
    DeviceDecoder* decoder, at::Device device, at::ScalarType dtype);

}  // namespace snclr

#endif  // DATA_LOADING_VIEW_MAKER_H_
