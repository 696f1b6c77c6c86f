// SPDX-License-Identifier: MIT
// A JPEG file that ends early: its upper rows alone are worth decoding.
#ifndef DATA_DECODE_JPEG_SHORTEN_H_
#define DATA_DECODE_JPEG_SHORTEN_H_

#include <cstdint>
#include <string>

namespace snclr {

// Where it pays, makes `shortened` the same file with a smaller height in its
// header, at least `rows`, and returns that height; else 0. A decoder then
// reads no code below, and takes what it finds there for stray bytes before the
// end mark. For the common kind of file alone: sequential Huffman codes, one
// scan, no restart marks, whole up to its pixels.
int64_t ShortenJpeg(const std::string& bytes, int64_t rows,
                    std::string& shortened);

}  // namespace snclr

#endif  // DATA_DECODE_JPEG_SHORTEN_H_
