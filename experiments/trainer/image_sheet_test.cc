// SPDX-License-Identifier: MIT
#include "experiments/trainer/image_sheet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/decode/decode.h"

namespace snclr {
namespace {

// A band of this grey through the middle, as wide as it is high, black aside.
Image Band(int64_t height, int64_t width, uint8_t grey) {
  Image image;
  image.height = height;
  image.width = width;
  image.pixels.assign(3 * height * width, 0);
  const int64_t side = std::min(height, width);
  for (int channel = 0; channel < 3; ++channel) {
    for (int64_t y = 0; y < side; ++y) {
      for (int64_t x = 0; x < side; ++x) {
        image.plane(channel)[(y + (height - side) / 2) * width + x +
                             (width - side) / 2] = grey;
      }
    }
  }
  return image;
}

TEST(ImageSheetTest, HoldsTheMiddleOfEachPictureInItsPlace) {
  const auto sheet =
      MakeImageSheet({Band(16, 16, 40), Band(16, 64, 120), Band(90, 30, 200)},
                     /*tile_px=*/16, /*columns=*/2);
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  EXPECT_EQ(sheet->columns, 2);
  Image image;
  EncodedImage encoded;
  encoded.bytes = sheet->jpeg;
  ASSERT_TRUE(DecodeImage(encoded, 1, image).ok());
  ASSERT_EQ(image.width, 32);
  ASSERT_EQ(image.height, 32);
  const auto grey = [&](int64_t y, int64_t x) {
    return static_cast<int>(image.plane(1)[y * image.width + x]);
  };
  constexpr int kJpegLoss = 3;
  for (const int64_t inner : {1, 8, 14}) {
    EXPECT_NEAR(grey(inner, inner), 40, kJpegLoss);
    EXPECT_NEAR(grey(inner, 16 + inner), 120, kJpegLoss);
    EXPECT_NEAR(grey(16 + inner, inner), 200, kJpegLoss);
  }
  EXPECT_NEAR(grey(24, 24), 255, kJpegLoss);  // no fourth picture
}

TEST(ImageSheetTest, RefusesNoPicture) {
  EXPECT_EQ(MakeImageSheet({}, 16, 2).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace snclr
