// SPDX-License-Identifier: MIT
#include "snclr/core/nn/encoder.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/nn/resnet.h"
#include "snclr/core/nn/vit.h"

namespace snclr {
namespace {

absl::Status CheckVit(const EncoderSpec& spec) {
  const VitSpec& vit = spec.vit();
  if (vit.variant() == VIT_VARIANT_UNSPECIFIED) {
    return absl::InvalidArgumentError("encoder.vit.variant: not set");
  }
  const bool custom = vit.variant() == VIT_CUSTOM;
  if (!custom && (vit.has_width() || vit.has_depth() || vit.has_heads())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoder.vit: width, depth and heads only go with variant VIT_CUSTOM; ",
        VitVariant_Name(vit.variant()), " has its own"));
  }
  if (custom && !(vit.has_width() && vit.has_depth() && vit.has_heads())) {
    return absl::InvalidArgumentError(
        "encoder.vit: variant VIT_CUSTOM needs width, depth and heads");
  }
  const VitSize size = VitSizeOf(spec);
  if (size.patch_px < 1 || size.image_px < 1 ||
      size.image_px % size.patch_px != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoder.vit.patch_size_px: ", size.patch_px,
        " does not divide encoder.image_size_px, which is ", size.image_px));
  }
  if (size.heads < 1 || size.width < 1 || size.width % size.heads != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoder.vit.heads: ", size.heads,
        " do not divide encoder.vit.width, which is ", size.width));
  }
  if (size.width % 4 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder.vit.width: ", size.width,
                     " is no multiple of 4, which positions need"));
  }
  if (size.depth < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder.vit.depth: ", size.depth, ", wanted at least 1"));
  }
  if (size.mlp_hidden < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder.vit.mlp_ratio: ", vit.mlp_ratio(),
                     " leaves no hidden column at width ", size.width));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<Encoder>> MakeEncoder(const EncoderSpec& spec,
                                                     uint64_t seed,
                                                     ProcessGroup* group) {
  switch (spec.kind_case()) {
    case EncoderSpec::kVit: {
      const absl::Status status = CheckVit(spec);
      if (!status.ok()) return status;
      return std::make_shared<VisionTransformer>(spec, seed);
    }
    case EncoderSpec::kResnet:
      if (spec.resnet().variant() == RESNET_VARIANT_UNSPECIFIED) {
        return absl::InvalidArgumentError("encoder.resnet.variant: not set");
      }
      return std::make_shared<Resnet>(spec, seed, group);
    case EncoderSpec::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "encoder: no kind is set, wanted vit {} or resnet {}");
}

}  // namespace snclr
