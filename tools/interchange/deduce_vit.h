// SPDX-License-Identifier: MIT
// Which vision transformer a set of weights is of. Shapes tell all but the
// number of heads, and the positions' numbers whether they are MoCo v3's table.
#ifndef TOOLS_INTERCHANGE_DEDUCE_VIT_H_
#define TOOLS_INTERCHANGE_DEDUCE_VIT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// The heads of an architecture by the name that a checkpoint gives it; 0 where
// the name or the width is unknown. MoCo v3's "vit_small" has 12 heads, while
// the same name elsewhere means 6: `is_moco` says whose file it is.
int64_t HeadsOf(const std::string& architecture, int64_t width, bool is_moco);

// The widest difference between a position table [1, L, E] and the fixed
// sine-cosine one of its size.
double DistanceToSinCos(const at::Tensor& positions);

// Positions this close are the fixed table.
inline constexpr double kSinCosTolerance = 1e-6;

// A spec from weights under our names, all of its fields set; a named variant
// where one fits. `heads` must divide the width. With learned positions the
// patch projection counts as trained, as DeiT's is, else as frozen.
// InvalidArgument naming the tensor that does not fit a vision transformer of
// square images.
absl::StatusOr<EncoderSpec> DeduceVit(
    const std::map<std::string, at::Tensor>& tensors, int64_t heads);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_DEDUCE_VIT_H_
