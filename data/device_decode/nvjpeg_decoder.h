// SPDX-License-Identifier: MIT
// nvJPEG as a DeviceDecoder.
#ifndef DATA_DEVICE_DECODE_NVJPEG_DECODER_H_
#define DATA_DEVICE_DECODE_NVJPEG_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "data/device_decode/device_decoder.h"

namespace snclr {

// On the current GPU, its Huffman decoding too (the backend GPU_HYBRID,
// whatever decoding engine the GPU has beside it: pixels then do not depend on
// that). Takes three-component files that nvJPEG calls supported and that end
// with their end mark; grayscale, CMYK and files that were cut off are the
// CPU's. Damage in the middle of a file, which libjpeg reports, may pass.
// `threads` of the CPU help. Unavailable where the program was built without
// nvJPEG, or nvJPEG does not start, with the reason.
absl::StatusOr<std::unique_ptr<DeviceDecoder>> MakeNvjpegDecoder(int threads);

}  // namespace snclr

#endif  // DATA_DEVICE_DECODE_NVJPEG_DECODER_H_
