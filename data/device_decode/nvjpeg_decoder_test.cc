// SPDX-License-Identifier: MIT
#include "data/device_decode/nvjpeg_decoder.h"

#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/decode/decode.h"
#include "data/testing/test_images.h"
#include "snclr/core/base/gpu_testing.h"

namespace snclr {
namespace {

// What the decoder makes of these files; empty where it fails.
std::vector<Image> DecodeAll(DeviceDecoder& decoder,
                             const std::vector<std::string>& files,
                             const std::vector<ImageSize>& sizes) {
  std::vector<at::Tensor> memory;
  std::vector<DeviceDecoder::Job> jobs;
  for (size_t i = 0; i < files.size(); ++i) {
    memory.push_back(at::empty({3 * sizes[i].height * sizes[i].width},
                               at::TensorOptions(at::kByte).device(at::kCUDA)));
    jobs.push_back({&files[i], sizes[i], memory.back().data_ptr<uint8_t>()});
  }
  const std::vector<bool> decoded = decoder.Decode(jobs);
  std::vector<Image> images(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    if (!decoded[i]) continue;
    const at::Tensor here = memory[i].cpu();
    const auto* const bytes = here.const_data_ptr<uint8_t>();
    images[i] = {sizes[i].height, sizes[i].width,
                 std::vector<uint8_t>(bytes, bytes + here.numel())};
  }
  return images;
}

TEST(NvjpegDecoderTest, ThePixelsAreNearlyThoseOfTheCpu) {
  SNCLR_NEEDS_GPU();
  auto decoder = MakeNvjpegDecoder(/*threads=*/2);
  if (absl::IsUnavailable(decoder.status())) {
    GTEST_SKIP() << decoder.status().message();
  }
  std::vector<std::string> files;
  std::vector<ImageSize> sizes;
  for (int i = 0; i < 60; ++i) {
    sizes.push_back({40 + 3 * i, 101 - i});
    files.push_back(
        EncodeJpeg(DrawTestImage(sizes[i].height, sizes[i].width, i),
                   i % 2 == 0 ? JpegKind::kColor : JpegKind::kHalvedChroma));
    EXPECT_TRUE((*decoder)->Takes(files[i])) << i;
  }
  const std::vector<Image> images = DecodeAll(**decoder, files, sizes);
  for (int i = 0; i < 60; ++i) {
    Image expected;
    EncodedImage encoded;
    encoded.bytes = files[i];
    ASSERT_TRUE(DecodeImage(encoded, 1, expected).ok());
    // The inverse DCT rounds otherwise, and halved chroma is not interpolated.
    EXPECT_LE(LargestDifference(images[i], expected), i % 2 == 0 ? 3 : 10) << i;
  }
}

TEST(NvjpegDecoderTest, LeavesToTheCpuWhatItMayGetWrong) {
  SNCLR_NEEDS_GPU();
  auto decoder = MakeNvjpegDecoder(/*threads=*/1);
  if (absl::IsUnavailable(decoder.status())) {
    GTEST_SKIP() << decoder.status().message();
  }
  const Image image = DrawTestImage(40, 50, 1);
  const std::string whole = EncodeJpeg(image);
  EXPECT_TRUE((*decoder)->Takes(whole));
  EXPECT_FALSE((*decoder)->Takes(whole.substr(0, whole.size() - 1)));
  EXPECT_FALSE((*decoder)->Takes(EncodeJpeg(image, JpegKind::kGray)));
  EXPECT_FALSE((*decoder)->Takes(EncodeJpeg(image, JpegKind::kCmyk)));
  EXPECT_FALSE((*decoder)->Takes("no JPEG\xff\xd9"));
}

}  // namespace
}  // namespace snclr
