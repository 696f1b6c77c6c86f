// SPDX-License-Identifier: MIT
#ifndef TOOLS_CONFORMANCE_VIT_SPEC_H_
#define TOOLS_CONFORMANCE_VIT_SPEC_H_

#include "snclr/core/base/golden.h"
#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// The transformer of a golden file's metadata: image, patch, depth, heads and
// its width, which is called embed_dim or embed.
EncoderSpec VitSpecOf(const GoldenFile& golden);

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_VIT_SPEC_H_
