// SPDX-License-Identifier: MIT
// The tensors of one encoder, picked out of a foreign checkpoint and under our
// names; and word of what was left.
#ifndef TOOLS_INTERCHANGE_ENCODER_WEIGHTS_H_
#define TOOLS_INTERCHANGE_ENCODER_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snclr/core/nn/encoder.h"
#include "tools/interchange/foreign_file.h"
#include "tools/interchange/names.h"

namespace snclr {

struct EncoderWeights {
  std::map<std::string, at::Tensor> tensors;  // float32, counters as they are

  // "module.base_encoder." and its like; "" where names begin at once.
  std::string prefix;
  bool is_torchvision = false;  // names were those of torchvision's ViT

  // Tensors that are not the encoder's, "8 of head (its projector or
  // classifier)".
  std::vector<std::string> left_out;

  // "150 tensors from Half"; "" where all were float32.
  std::string converted;
};

// Looks for the part behind each prefix that it may have: those of MoCo v3 and
// SNCLR; for the encoder also "module." (DataParallel) and none. Reads the
// encoder's tensors only. InvalidArgument where the part is not there or a
// number is not finite; Read's errors. Messages name file and tensor.
absl::StatusOr<EncoderWeights> PickEncoder(const ForeignFile& file,
                                           const std::string& path, Part part);

// FailedPrecondition naming the first tensor that only one of the two has, or
// that has another shape.
absl::Status CheckTensors(const EncoderWeights& weights,
                          const Encoder& encoder);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_ENCODER_WEIGHTS_H_
