// SPDX-License-Identifier: MIT
// Decodes JPEGs on a device, many at once.
#ifndef DATA_DEVICE_DECODE_DEVICE_DECODER_H_
#define DATA_DEVICE_DECODE_DEVICE_DECODER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/image.h"

namespace snclr {

// A decoder may refuse any file, before or after it was tried; whoever asks has
// the CPU's decoder for those.
class DeviceDecoder {
 public:
  struct Job {
    const std::string* file;
    ImageSize size;   // that of its header
    uint8_t* planes;  // on the device, laid out as those of an Image
  };

  virtual ~DeviceDecoder() = default;

  // Whether this file is worth trying, from its header and its end. The same
  // for the same bytes. Thread-safe.
  virtual bool Takes(const std::string& file) const = 0;

  // On the current stream; returns before it is done, and files and memory stay
  // until then. Whether each was, or will be, decoded; no planes of one that
  // was not are of use. For one thread. Throws c10::Error.
  virtual std::vector<bool> Decode(const std::vector<Job>& jobs) = 0;
};

}  // namespace snclr

#endif  // DATA_DEVICE_DECODE_DEVICE_DECODER_H_
