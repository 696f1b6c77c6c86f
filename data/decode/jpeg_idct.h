// SPDX-License-Identifier: MIT
// A block of JPEG's coefficients back to pixels.
#ifndef DATA_DECODE_JPEG_IDCT_H_
#define DATA_DECODE_JPEG_IDCT_H_

#include <cstdint>

namespace snclr {

// The inverse DCT of 8 x 8 coefficients, row after row, times `quantum`, plus
// 128: bytes in rows `stride` apart. In libjpeg's accurate integers (Loeffler,
// Ligtenberg and Moschytz, ICASSP 1989, with 13 bits of fraction, columns
// first), so every byte is the one that libjpeg-turbo makes.
void InverseDct(const int16_t* coefficients, const uint16_t* quantum,
                uint8_t* out, int64_t stride);

// The same where only the first coefficient is not 0.
void InverseDctOfMean(int16_t coefficient, uint16_t quantum, uint8_t* out,
                      int64_t stride);

}  // namespace snclr

#endif  // DATA_DECODE_JPEG_IDCT_H_
