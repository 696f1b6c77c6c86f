// SPDX-License-Identifier: MIT
// The common kind of JPEG file (baseline, one scan), only what is needed of it.
#ifndef DATA_DECODE_BASELINE_JPEG_H_
#define DATA_DECODE_BASELINE_JPEG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/decode/chroma.h"
#include "data/image.h"

namespace snclr {

// Decodes the planes of a file as far as ToRgb needs them for `region` of the
// picture, into `memory`. All data are read, so that damage anywhere is seen,
// but only blocks that are needed go through the inverse DCT.
//
// False where it is another kind of file, or where anything in it is not as it
// should be: then nothing was decoded, and libjpeg-turbo, which makes the same
// bytes, is to decode or to refuse it. Nothing is repaired here.
bool DecodeBaselineJpeg(const std::string& bytes, const Region& region,
                        std::vector<uint8_t>& memory, JpegPlanes& planes);

}  // namespace snclr

#endif  // DATA_DECODE_BASELINE_JPEG_H_
