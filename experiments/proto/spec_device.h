// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_PROTO_SPEC_DEVICE_H_
#define EXPERIMENTS_PROTO_SPEC_DEVICE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/base/device.h"

namespace snclr {

// Opens the device that a resolved spec asks for; errors are OpenDevice's.
absl::StatusOr<ComputeDevice> OpenSpecDevice(const ExperimentSpec& spec,
                                             int64_t local_rank = 0);

// The assignment that a flag --device=cuda stands for: "device=CUDA".
absl::StatusOr<std::string> DeviceAssignment(absl::string_view flag);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_SPEC_DEVICE_H_
