// SPDX-License-Identifier: MIT
// From an image of a source to its views: read, draw, decode, apply.
#ifndef DATA_LOADING_SAMPLE_VIEWS_H_
#define DATA_LOADING_SAMPLE_VIEWS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image.h"
#include "data/source.h"
#include "data/views/augment.h"
#include "data/views/augmentation.pb.h"

namespace snclr {

// Where the views of a training step come from: nothing else decides them.
struct SampleKey {
  uint64_t seed = 0;
  int64_t epoch = 0;
  int64_t index = 0;  // in the source
  int repeat = 0;     // which time in the epoch, from 0
};

// Both views of an image.
struct DrawnViews {
  ViewParameters view1, view2;
};

// Draws them for an image of this size, whole and in its own pixels. Without
// `both`, view2 is view1.
DrawnViews DrawTrainingViews(const AugmentationSpec& views,
                             const SampleKey& key, const ImageSize& size,
                             bool both);

// Decodes into `image` what the views need of an image that was read, and
// returns them as seen from there. Views are drawn in the full image's
// coordinates; the image is decoded once, no more of it than the two crops
// need, reduced as far as the smaller of them allows (ReductionFor), and crops
// are rounded to its pixels: a view changes by less than a pixel of its own,
// never from run to run. Errors are those of DecodeImage and begin with the
// image's name. Thread-safe.
absl::StatusOr<DrawnViews> DecodeForViews(const Source& source,
                                          const EncodedImage& encoded,
                                          const AugmentationSpec& views,
                                          const SampleKey& key, int64_t side_px,
                                          bool both, Image& image);

// Makes both views of an image, [3, side_px, side_px] each; a null `view2` is
// left out. Read, DecodeForViews, ApplyView; errors are those of the former
// two. Thread-safe.
absl::Status MakeTrainingViews(const Source& source,
                               const AugmentationSpec& views,
                               const SampleKey& key, int64_t side_px,
                               float* view1, float* view2);

// Makes the evaluation view. Always from the full image: published accuracies
// are of full images.
absl::Status MakeEvalView(const Source& source, const AugmentationSpec& views,
                          int64_t index, int64_t side_px, float* view);

// The same crop in an image that was decoded at 1/reduction of its size.
ViewParameters ReduceCrop(const ViewParameters& drawn, int reduction,
                          const ImageSize& reduced);

// The least part of an image that holds both crops, and a crop seen from there.
Region UnionOfCrops(const ViewParameters& view1, const ViewParameters& view2);
ViewParameters WithinRegion(const ViewParameters& view, const Region& region);

// Whether an error of the above means this image, and not the machine.
bool IsBrokenImage(const absl::Status& status);

}  // namespace snclr

#endif  // DATA_LOADING_SAMPLE_VIEWS_H_
