// SPDX-License-Identifier: MIT
#include "data/loading/resident_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/decode/decode.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"

namespace snclr {
namespace {

// 30 pictures of three kinds: a PNG of any size, a small JPEG, and a JPEG that
// views of 16 px may take at half its size; images 6 and 7 are broken.
EncodedImage Picture(int64_t index) {
  const int seed = static_cast<int>(index);
  switch (index % 3) {
    case 0:
      return AsFile(EncodedImage::Format::kPng,
                    EncodePng(DrawTestImage(40 + index, 50, seed)));
    case 1:
      return AsFile(EncodedImage::Format::kJpeg,
                    EncodeJpeg(DrawTestImage(31, 40 + index, seed)));
    default:
      return AsFile(EncodedImage::Format::kJpeg,
                    EncodeJpeg(DrawTestImage(32, 40 + index, seed)));
  }
}

TestSource Pictures() {
  return TestSource({30}, [](int64_t index) -> absl::StatusOr<EncodedImage> {
    if (index == 6) return absl::NotFoundError("image 6: gone");
    EncodedImage encoded = Picture(index);
    if (index == 7) encoded.bytes.resize(encoded.bytes.size() / 2);
    return encoded;
  });
}

ResidentOptions Options(int64_t limit_bytes) {
  ResidentOptions options;
  options.limit_bytes = limit_bytes;
  options.side_px = 16;
  options.workers = 3;
  return options;
}

TEST(ResidentImagesTest, HoldsThePixelsOfWhatIsNeverReducedNorBroken) {
  const TestSource source = Pictures();
  const auto kept = ResidentImages::Load(source, Options(1 << 20));
  ASSERT_TRUE(kept.ok() && *kept != nullptr) << kept.status();
  EXPECT_EQ((*kept)->images(), 18);
  const auto* const pixels = (*kept)->pixels().const_data_ptr<uint8_t>();
  int64_t bytes = 0;
  for (int64_t i = 0; i < 30; ++i) {
    const ResidentImages::Place* place = (*kept)->Find(i);
    if (i % 3 == 2 || i == 6 || i == 7) {
      EXPECT_EQ(place, nullptr) << i;
      continue;
    }
    ASSERT_NE(place, nullptr) << i;
    Image image;
    ASSERT_TRUE(DecodeImage(Picture(i), 1, image).ok());
    EXPECT_EQ(place->size.height, image.height);
    EXPECT_EQ(place->size.width, image.width);
    EXPECT_TRUE(std::equal(image.pixels.begin(), image.pixels.end(),
                           pixels + place->pixels))
        << i;
    bytes += static_cast<int64_t>(image.pixels.size());
  }
  EXPECT_EQ((*kept)->pixels().numel(), bytes);
}

TEST(ResidentImagesTest, KeepsAllOrNone) {
  const TestSource source({10}, [](int64_t) { return Picture(1); });
  const int64_t all = 10 * 3 * 31 * 41;
  const auto kept = ResidentImages::Load(source, Options(all));
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_NE(*kept, nullptr);
  EXPECT_EQ((*kept)->images(), 10);
  const auto none = ResidentImages::Load(source, Options(all - 1));
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(*none, nullptr);
}

TEST(ResidentImagesTest, NeverExceedsTheLimitWhereTheSampleLied) {
  // The sample has images 0, 2, 4 ...; the others are larger.
  const TestSource source({128}, [](int64_t index) {
    return index % 2 == 0 ? Picture(1) : Picture(28);
  });
  const int64_t small = 3 * 31 * 41;
  const auto kept = ResidentImages::Load(source, Options(128 * small));
  ASSERT_TRUE(kept.ok() && *kept != nullptr) << kept.status();
  EXPECT_LE((*kept)->pixels().numel(), 128 * small);
  EXPECT_GT((*kept)->images(), 64);
  EXPECT_LT((*kept)->images(), 128);
}

TEST(ResidentImagesTest, AFaultOfTheMachineIsAnError) {
  const TestSource source({10}, [](int64_t) -> absl::StatusOr<EncodedImage> {
    return absl::ResourceExhaustedError("no memory");
  });
  EXPECT_EQ(ResidentImages::Load(source, Options(1 << 20)).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace snclr
