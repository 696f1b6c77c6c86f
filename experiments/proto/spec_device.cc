// SPDX-License-Identifier: MIT
#include "experiments/proto/spec_device.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::StatusOr<ComputeDevice> OpenSpecDevice(const ExperimentSpec& spec,
                                             int64_t local_rank) {
  ASSIGN_OR_RETURN(
      const DeviceChoice choice,
      ParseDeviceChoice(ExperimentSpec::Device_Name(spec.device())));
  return OpenDevice(choice, local_rank);
}

absl::StatusOr<std::string> DeviceAssignment(absl::string_view flag) {
  RETURN_IF_ERROR(ParseDeviceChoice(flag).status());
  return absl::StrCat("device=", absl::AsciiStrToUpper(flag));
}

}  // namespace snclr
