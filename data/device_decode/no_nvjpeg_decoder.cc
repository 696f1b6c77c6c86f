// SPDX-License-Identifier: MIT
// The half of nvjpeg_decoder.h for builds without nvJPEG.
#ifndef SNCLR_NVJPEG

#include "absl/status/status.h"
#include "data/device_decode/nvjpeg_decoder.h"

namespace snclr {

absl::StatusOr<std::unique_ptr<DeviceDecoder>> MakeNvjpegDecoder(int) {
  return absl::UnavailableError("this program was built without nvJPEG");
}

}  // namespace snclr

#endif  // SNCLR_NVJPEG
