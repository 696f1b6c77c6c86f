// SPDX-License-Identifier: MIT
// Which encoder a foreign checkpoint's weights are put into: what the file says
// of itself, what its shapes say, and what the user says, held against each
// other.
#ifndef TOOLS_INTERCHANGE_DECIDE_ENCODER_H_
#define TOOLS_INTERCHANGE_DECIDE_ENCODER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "snclr/core/nn/encoder.pb.h"
#include "tools/interchange/encoder_weights.h"
#include "tools/interchange/foreign_file.h"

namespace snclr {

struct DecidedEncoder {
  EncoderSpec spec;        // resolved
  std::string heads_from;  // who said how many heads: "--heads"
};

// `heads`: the user's, 0 for none. `wanted`: the encoder of the user's spec, if
// there is one. Every tensor of `weights` fits the encoder of the result.
// InvalidArgument where nobody says how many heads there are, or two say
// different numbers, or the weights are no vision transformer's;
// FailedPrecondition where a tensor is missing, too many or of another shape,
// or the encoder is not the wanted one.
absl::StatusOr<DecidedEncoder> DecideEncoder(
    const ForeignFile& file, const EncoderWeights& weights, int64_t heads,
    const std::optional<EncoderSpec>& wanted);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_DECIDE_ENCODER_H_
