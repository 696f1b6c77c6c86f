// SPDX-License-Identifier: MIT
#include "tools/interchange/deduce_vit.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>

#include <cmath>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/nn/position_embedding.h"
#include "snclr/core/nn/vit.h"

namespace snclr {
namespace {

constexpr struct {
  const char* name;  // the begin of an architecture's
  bool is_moco;
  int64_t width;
  int64_t heads;
} kArchitectures[] = {
    {"vit_small", true, 384, 12},         {"vit_base", true, 768, 12},
    {"deit_tiny_patch", false, 192, 3},   {"deit_small_patch", false, 384, 6},
    {"deit_base_patch", false, 768, 12},  {"vit_tiny_patch", false, 192, 3},
    {"vit_small_patch", false, 384, 6},   {"vit_base_patch", false, 768, 12},
    {"vit_large_patch", false, 1024, 16},
};

// The tensor of this name, with `dims` dimensions.
absl::StatusOr<at::Tensor> Get(const std::map<std::string, at::Tensor>& tensors,
                               const std::string& name, int64_t dims) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor '", name, "' is missing"));
  }
  if (found->second.dim() != dims || found->second.numel() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tensor '", name, "' is [", absl::StrJoin(found->second.sizes(), ", "),
        "], wanted ", dims, " dimensions"));
  }
  return found->second;
}

// Blocks 0, 1, ... as far as they go.
int64_t Depth(const std::map<std::string, at::Tensor>& tensors) {
  int64_t depth = 0;
  while (tensors.count(absl::StrCat("blocks.", depth, ".norm1.weight")) > 0) {
    ++depth;
  }
  return depth;
}

absl::StatusOr<int64_t> Grid(const at::Tensor& positions) {
  const int64_t patches = positions.size(1) - 1;  // the class token has a row
  const auto grid = static_cast<int64_t>(std::lround(std::sqrt(patches)));
  if (patches < 1 || grid * grid != patches) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tensor 'pos_embed' has ", positions.size(1),
        " rows, not those of a class token and a square of patches"));
  }
  return grid;
}

void SetVariant(int64_t width, int64_t depth, int64_t heads,
                EncoderSpec* spec) {
  VitSpec& vit = *spec->mutable_vit();
  for (const VitVariant variant : {VIT_TINY, VIT_SMALL, VIT_BASE, VIT_LARGE}) {
    vit.set_variant(variant);
    const VitSize size = VitSizeOf(*spec);
    if (size.width == width && size.depth == depth && size.heads == heads) {
      return;
    }
  }
  vit.set_variant(VIT_CUSTOM);
  vit.set_width(static_cast<int32_t>(width));
  vit.set_depth(static_cast<int32_t>(depth));
  vit.set_heads(static_cast<int32_t>(heads));
}

}  // namespace

int64_t HeadsOf(const std::string& architecture, int64_t width, bool is_moco) {
  for (const auto& known : kArchitectures) {
    const bool fits = known.is_moco
                          ? architecture == known.name
                          : absl::StartsWith(architecture, known.name);
    if (fits && known.is_moco == is_moco && known.width == width) {
      return known.heads;
    }
  }
  return 0;
}

double DistanceToSinCos(const at::Tensor& positions) {
  const auto grid =
      static_cast<int64_t>(std::lround(std::sqrt(positions.size(1) - 1)));
  const at::Tensor fixed = SinCosPositions(grid, positions.size(2));
  return (positions - fixed).abs().max().item<double>();
}

absl::StatusOr<EncoderSpec> DeduceVit(
    const std::map<std::string, at::Tensor>& tensors, int64_t heads) {
  ASSIGN_OR_RETURN(const at::Tensor projection,
                   Get(tensors, "patch_embed.proj.weight", 4));
  ASSIGN_OR_RETURN(const at::Tensor positions, Get(tensors, "pos_embed", 3));
  ASSIGN_OR_RETURN(const at::Tensor hidden,
                   Get(tensors, "blocks.0.mlp.fc1.weight", 2));
  ASSIGN_OR_RETURN(const int64_t grid, Grid(positions));
  const int64_t width = projection.size(0);
  const int64_t patch = projection.size(2);
  if (width % 4 != 0 || positions.size(2) != width) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor 'pos_embed' has ", positions.size(2),
                     " columns and the patch "
                     "projection ",
                     width, ": wanted the same multiple of 4"));
  }
  if (heads < 1 || width % heads != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(heads, " heads do not divide the width, ", width));
  }
  EncoderSpec spec;
  spec.set_image_size_px(static_cast<int32_t>(grid * patch));
  VitSpec& vit = *spec.mutable_vit();
  vit.set_patch_size_px(static_cast<int32_t>(patch));
  const double ratio =
      static_cast<double>(hidden.size(0)) / static_cast<double>(width);
  vit.set_mlp_ratio(ratio);
  SetVariant(width, Depth(tensors), heads, &spec);
  // The quotient may have been rounded down, and its product is truncated.
  if (VitSizeOf(spec).mlp_hidden < hidden.size(0)) {
    vit.set_mlp_ratio(std::nextafter(ratio, 2 * ratio));
  }
  const bool fixed = DistanceToSinCos(positions) <= kSinCosTolerance;
  vit.set_positions(fixed ? FIXED_SIN_COS : LEARNED);
  vit.set_freeze_patch_projection(fixed);
  return spec;
}

}  // namespace snclr
