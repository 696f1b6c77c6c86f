// SPDX-License-Identifier: MIT
// Pictures and image files that tests make for themselves.
#ifndef DATA_TESTING_TEST_IMAGES_H_
#define DATA_TESTING_TEST_IMAGES_H_

#include <cstdint>
#include <string>

#include "data/image.h"

namespace snclr {

// Soft colour gradients that differ by seed: what JPEG keeps within a few
// levels.
Image DrawTestImage(int64_t height, int64_t width, int seed);

enum class JpegKind {
  kColor,
  kGray,
  kCmyk,
  kProgressive,
  kHalvedChroma,          // 4:2:0
  kHalvedChromaAcross,    // 4:2:2
  kHalvedChromaDown,      // 4:4:0
  kQuarteredChromaAcross  // 4:1:1
};

// The image as a JPEG file of quality 95, chroma not subsampled unless the
// kind says so. kGray encodes the mean of the channels; kCmyk as Adobe does,
// samples inverted, black 0.
std::string EncodeJpeg(const Image& image, JpegKind kind = JpegKind::kColor);

std::string EncodePng(const Image& image);

// An image file as a source gives it.
EncodedImage AsFile(EncodedImage::Format format, std::string bytes);

// The largest difference of any sample; 256 where sizes differ.
int LargestDifference(const Image& a, const Image& b);

// A new, empty folder for one test.
std::string MakeTestFolder(const std::string& name);

// Makes the folders above it too.
void WriteTestFile(const std::string& path, const std::string& bytes);

}  // namespace snclr

#endif  // DATA_TESTING_TEST_IMAGES_H_
