// SPDX-License-Identifier: MIT
#include "data/loading/sample_views.h"

#include <algorithm>

#include "data/decode/decode.h"
#include "data/image.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

ViewParameters ReduceCrop(const ViewParameters& drawn, int reduction,
                          const Image& reduced) {
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

absl::Status MakeTrainingViews(const Source& source,
                               const AugmentationSpec& views,
                               const SampleKey& key, int64_t side_px,
                               float* view1, float* view2) {
  ASSIGN_OR_RETURN(const EncodedImage encoded, source.Read(key.index));
  const absl::StatusOr<ImageSize> size = ReadSize(encoded);
  RETURN_IF_ERROR(size.status()) << source.name(key.index);

  const auto draw = [&](const ViewSpec& spec, int view) {
    return DrawView(spec, size->height, size->width, key.seed, key.epoch,
                    key.index, view + 2 * key.repeat);
  };
  const ViewParameters drawn1 = draw(views.view1(), 1);
  const ViewParameters drawn2 =
      view2 == nullptr ? drawn1 : draw(views.view2(), 2);
  int reduction = 1;
  if (encoded.format == EncodedImage::Format::kJpeg) {
    reduction = std::min(ReductionFor(drawn1.height, drawn1.width, side_px),
                         ReductionFor(drawn2.height, drawn2.width, side_px));
  }

  thread_local Image image;
  RETURN_IF_ERROR(DecodeImage(encoded, reduction, image))
      << source.name(key.index);
  ApplyView(views.view1(), views.normalize(),
            ReduceCrop(drawn1, reduction, image), image, side_px, view1);
  if (view2 == nullptr) return absl::OkStatus();
  ApplyView(views.view2(), views.normalize(),
            ReduceCrop(drawn2, reduction, image), image, side_px, view2);
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
