// SPDX-License-Identifier: MIT
#include "data/loading/sample_views.h"

#include <algorithm>

#include "data/decode/decode.h"
#include "data/image.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

ViewParameters ReduceCrop(const ViewParameters& drawn, int reduction,
                          const ImageSize& reduced) {
  ViewParameters view = drawn;
  // Of an edge at `at`: the nearest edge of the reduced image.
  const auto edge = [reduction](int64_t at, int64_t size) {
    return std::min((at + reduction / 2) / reduction, size);
  };
  view.top = std::min(edge(drawn.top, reduced.height), reduced.height - 1);
  view.left = std::min(edge(drawn.left, reduced.width), reduced.width - 1);
  view.height = std::max<int64_t>(
      edge(drawn.top + drawn.height, reduced.height) - view.top, 1);
  view.width = std::max<int64_t>(
      edge(drawn.left + drawn.width, reduced.width) - view.left, 1);
  return view;
}

Region UnionOfCrops(const ViewParameters& view1, const ViewParameters& view2) {
  Region region;
  region.top = std::min(view1.top, view2.top);
  region.left = std::min(view1.left, view2.left);
  region.height =
      std::max(view1.top + view1.height, view2.top + view2.height) - region.top;
  region.width = std::max(view1.left + view1.width, view2.left + view2.width) -
                 region.left;
  return region;
}

ViewParameters WithinRegion(const ViewParameters& view, const Region& region) {
  ViewParameters moved = view;
  moved.top -= region.top;
  moved.left -= region.left;
  return moved;
}

DrawnViews DrawTrainingViews(const AugmentationSpec& views,
                             const SampleKey& key, const ImageSize& size,
                             bool both) {
  const auto draw = [&](const ViewSpec& spec, int view) {
    return DrawView(spec, size.height, size.width, key.seed, key.epoch,
                    key.index, view + 2 * key.repeat);
  };
  DrawnViews drawn;
  drawn.view1 = draw(views.view1(), 1);
  drawn.view2 = both ? draw(views.view2(), 2) : drawn.view1;
  return drawn;
}

absl::StatusOr<DrawnViews> DecodeForViews(const Source& source,
                                          const EncodedImage& encoded,
                                          const AugmentationSpec& views,
                                          const SampleKey& key, int64_t side_px,
                                          bool both, Image& image) {
  const absl::StatusOr<ImageSize> size = ReadSize(encoded);
  RETURN_IF_ERROR(size.status()) << source.name(key.index);

  const DrawnViews drawn = DrawTrainingViews(views, key, *size, both);
  int reduction = 1;
  if (encoded.format == EncodedImage::Format::kJpeg) {
    reduction =
        std::min(ReductionFor(drawn.view1.height, drawn.view1.width, side_px),
                 ReductionFor(drawn.view2.height, drawn.view2.width, side_px));
  }

  const ImageSize reduced = {(size->height + reduction - 1) / reduction,
                             (size->width + reduction - 1) / reduction};
  const ViewParameters crop1 = ReduceCrop(drawn.view1, reduction, reduced);
  const ViewParameters crop2 = ReduceCrop(drawn.view2, reduction, reduced);
  const Region needed = UnionOfCrops(crop1, crop2);
  RETURN_IF_ERROR(DecodeRegion(encoded, reduction, needed, image))
      << source.name(key.index);
  return DrawnViews{WithinRegion(crop1, needed), WithinRegion(crop2, needed)};
}

absl::Status MakeTrainingViews(const Source& source,
                               const AugmentationSpec& views,
                               const SampleKey& key, int64_t side_px,
                               float* view1, float* view2) {
  thread_local Image image;
  ASSIGN_OR_RETURN(const EncodedImage encoded, source.Read(key.index));
  ASSIGN_OR_RETURN(const DrawnViews drawn,
                   DecodeForViews(source, encoded, views, key, side_px,
                                  /*both=*/view2 != nullptr, image));
  ApplyView(views.view1(), views.normalize(), drawn.view1, image, side_px,
            view1);
  if (view2 == nullptr) return absl::OkStatus();
  ApplyView(views.view2(), views.normalize(), drawn.view2, image, side_px,
            view2);
  return absl::OkStatus();
}

absl::Status MakeEvalView(const Source& source, const AugmentationSpec& views,
                          int64_t index, int64_t side_px, float* view) {
  ASSIGN_OR_RETURN(const EncodedImage encoded, source.Read(index));
  thread_local Image image;
  RETURN_IF_ERROR(DecodeImage(encoded, /*reduction=*/1, image))
      << source.name(index);
  ApplyEvalView(views.eval(), views.normalize(), image, side_px, view);
  return absl::OkStatus();
}

bool IsBrokenImage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsNotFound(status) ||
         absl::IsInvalidArgument(status);
}

}  // namespace snclr
