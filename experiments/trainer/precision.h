// SPDX-License-Identifier: MIT
// Whether a device computes in the precision that a spec asks for.
#ifndef EXPERIMENTS_TRAINER_PRECISION_H_
#define EXPERIMENTS_TRAINER_PRECISION_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"

namespace snclr {

// What is known of the GPU; nothing is asked of the CPU.
struct PrecisionSupport {
  bool bfloat16 = false;
  std::string name;  // "NVIDIA V100, 31.7 GiB"
};

// InvalidArgument says what to set instead.
absl::Status CheckPrecision(Precision precision, c10::Device device,
                            const PrecisionSupport& gpu);

// The same with what is known of the current GPU.
absl::Status CheckPrecisionHere(Precision precision, c10::Device device,
                                const std::string& name);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PRECISION_H_
