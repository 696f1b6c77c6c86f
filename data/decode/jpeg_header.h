// SPDX-License-Identifier: MIT
// What stands before the data of a baseline JPEG file (ITU-T T.81, annex B).
#ifndef DATA_DECODE_JPEG_HEADER_H_
#define DATA_DECODE_JPEG_HEADER_H_

#include <cstdint>
#include <string>

#include "data/decode/jpeg_huffman.h"

namespace snclr {

struct JpegComponent {
  uint8_t id = 0;
  int across = 1;  // sampling factors
  int down = 1;
  uint8_t quantum = 0;  // which table
  uint8_t dc_codes = 0;
  uint8_t ac_codes = 0;
};

struct JpegHeader {
  int64_t height = 0;
  int64_t width = 0;
  int components = 0;  // 1 or 3
  JpegComponent component[3];
  int restart_interval = 0;  // in units of blocks; 0: none
  bool has_quantum[4] = {};
  uint16_t quantum[4][64];  // row after row
  JpegCodes dc_codes[4];
  JpegCodes ac_codes[4];
  const uint8_t* data = nullptr;  // the first byte after the header
};

// The natural place, row after row, of the k-th coefficient in a file.
extern const uint8_t kJpegOrder[64];

// False for another kind of file, or one whose header is not as it should be.
bool ReadBaselineHeader(const std::string& bytes, JpegHeader& header);

}  // namespace snclr

#endif  // DATA_DECODE_JPEG_HEADER_H_
