// SPDX-License-Identifier: MIT
#include "data/decode/decode.h"

#include <gtest/gtest.h>
#include <png.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "data/testing/test_images.h"

namespace snclr {
namespace {

// Quality 95 with full chroma keeps soft gradients within these levels.
constexpr int kJpegLoss = 4;

EncodedImage Jpeg(std::string bytes) {
  EncodedImage encoded;
  encoded.format = EncodedImage::Format::kJpeg;
  encoded.bytes = std::move(bytes);
  return encoded;
}

EncodedImage Png(std::string bytes) {
  EncodedImage encoded;
  encoded.format = EncodedImage::Format::kPng;
  encoded.bytes = std::move(bytes);
  return encoded;
}

Image DecodeOrFail(const EncodedImage& encoded, int reduction = 1) {
  Image image;
  const absl::Status status = DecodeImage(encoded, reduction, image);
  EXPECT_TRUE(status.ok()) << status;
  return image;
}

void ExpectDataLoss(const EncodedImage& encoded, const std::string& reason) {
  Image image;
  const absl::Status status = DecodeImage(encoded, 1, image);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
}

// A PNG in any of libpng's memory formats. `colormap` for palettes.
std::string WritePng(const void* pixels, int height, int width, int format,
                     const void* colormap = nullptr, int colors = 0) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = width;
  png.height = height;
  png.format = format;
  png.colormap_entries = colors;
  png_alloc_size_t size = 1 << 20;
  std::string file(size, '\0');
  EXPECT_TRUE(png_image_write_to_memory(&png, file.data(), &size, 0, pixels, 0,
                                        colormap));
  file.resize(size);
  return file;
}

TEST(DecodeTest, ReadsColorJpeg) {
  const Image drawn = DrawTestImage(37, 53, 1);
  const Image decoded = DecodeOrFail(Jpeg(EncodeJpeg(drawn)));
  EXPECT_LE(LargestDifference(decoded, drawn), kJpegLoss);
}

TEST(DecodeTest, ReadsProgressiveJpeg) {
  const Image drawn = DrawTestImage(64, 48, 2);
  const Image decoded =
      DecodeOrFail(Jpeg(EncodeJpeg(drawn, JpegKind::kProgressive)));
  EXPECT_LE(LargestDifference(decoded, drawn), kJpegLoss);
}

TEST(DecodeTest, GrayJpegHasThreeEqualPlanes) {
  const Image drawn = DrawTestImage(20, 30, 3);
  const Image decoded = DecodeOrFail(Jpeg(EncodeJpeg(drawn, JpegKind::kGray)));
  ASSERT_EQ(decoded.pixels.size(), drawn.pixels.size());
  for (int i = 0; i < 20 * 30; ++i) {
    const int mean =
        (drawn.plane(0)[i] + drawn.plane(1)[i] + drawn.plane(2)[i]) / 3;
    EXPECT_NEAR(decoded.plane(0)[i], mean, kJpegLoss);
    EXPECT_EQ(decoded.plane(1)[i], decoded.plane(0)[i]);
    EXPECT_EQ(decoded.plane(2)[i], decoded.plane(0)[i]);
  }
}

TEST(DecodeTest, CmykJpegFollowsAdobe) {
  const Image drawn = DrawTestImage(24, 24, 4);
  const Image decoded = DecodeOrFail(Jpeg(EncodeJpeg(drawn, JpegKind::kCmyk)));
  EXPECT_LE(LargestDifference(decoded, drawn), kJpegLoss + 1);
}

TEST(DecodeTest, ReadsPngExactly) {
  const Image drawn = DrawTestImage(31, 17, 5);
  EXPECT_EQ(DecodeOrFail(Png(EncodePng(drawn))).pixels, drawn.pixels);
}

TEST(DecodeTest, GrayPngHasThreeEqualPlanes) {
  const uint8_t gray[6] = {0, 50, 100, 150, 200, 255};
  const Image image = DecodeOrFail(Png(WritePng(gray, 2, 3, PNG_FORMAT_GRAY)));
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(std::vector<uint8_t>(image.plane(c), image.plane(c) + 6),
              std::vector<uint8_t>(gray, gray + 6));
  }
}

TEST(DecodeTest, AlphaIsDroppedNotBlended) {
  const uint8_t rgba[8] = {10, 20, 30, 0, 40, 50, 60, 128};
  const Image image = DecodeOrFail(Png(WritePng(rgba, 1, 2, PNG_FORMAT_RGBA)));
  EXPECT_EQ(image.pixels, std::vector<uint8_t>({10, 40, 20, 50, 30, 60}));
}

TEST(DecodeTest, PaletteBecomesColors) {
  const uint8_t indices[4] = {0, 1, 2, 1};
  const uint8_t colors[9] = {1, 2, 3, 40, 50, 60, 255, 254, 253};
  const Image image = DecodeOrFail(
      Png(WritePng(indices, 2, 2, PNG_FORMAT_RGB_COLORMAP, colors, 3)));
  EXPECT_EQ(image.pixels, std::vector<uint8_t>({1, 40, 255, 40, 2, 50, 254, 50,
                                                3, 60, 253, 60}));
}

TEST(DecodeTest, SixteenBitsKeepTheirUpperEight) {
  // Linear grey 0, 1/4 and 1: the file holds the same 16-bit values.
  const uint16_t gray[3] = {0, 0x40FF, 0xFFFF};
  const Image image =
      DecodeOrFail(Png(WritePng(gray, 1, 3, PNG_FORMAT_LINEAR_Y)));
  EXPECT_EQ(std::vector<uint8_t>(image.plane(0), image.plane(0) + 3),
            std::vector<uint8_t>({0, 0x40, 0xFF}));
}

TEST(DecodeTest, TruncatedJpegIsDataLossWithTheReason) {
  const std::string whole = EncodeJpeg(DrawTestImage(64, 64, 6));
  for (const double part : {0.99, 0.7, 0.5}) {
    ExpectDataLoss(Jpeg(whole.substr(0, whole.size() * part)), "JPEG data: ");
  }
  ExpectDataLoss(Jpeg(whole.substr(0, whole.size() - 2)), "Premature end");
  ExpectDataLoss(Jpeg(whole.substr(0, 40)), "JPEG header: ");
}

TEST(DecodeTest, DamagedJpegIsDataLoss) {
  std::string bytes = EncodeJpeg(DrawTestImage(64, 64, 6));
  // A restart mark where none belongs.
  bytes[bytes.size() / 2] = '\xFF';
  bytes[bytes.size() / 2 + 1] = '\xD0';
  ExpectDataLoss(Jpeg(bytes), "JPEG data: ");
}

TEST(DecodeTest, StrayBytesBeforeTheEndMarkAreHarmless) {
  const Image drawn = DrawTestImage(32, 32, 7);
  std::string bytes = EncodeJpeg(drawn);
  bytes.insert(bytes.size() - 2, "\x01\x02\x03");
  EXPECT_LE(LargestDifference(DecodeOrFail(Jpeg(bytes)), drawn), kJpegLoss);
}

TEST(DecodeTest, AGoodImageAfterABrokenOneDecodes) {
  const Image drawn = DrawTestImage(64, 64, 6);
  const std::string whole = EncodeJpeg(drawn);
  ExpectDataLoss(Jpeg(whole.substr(0, whole.size() / 2)), "");
  EXPECT_LE(LargestDifference(DecodeOrFail(Jpeg(whole)), drawn), kJpegLoss);
}

TEST(DecodeTest, AGoodImageAfterABrokenHeaderDecodes) {
  const Image drawn = DrawTestImage(64, 64, 6);
  const std::string whole = EncodeJpeg(drawn);
  std::string broken = whole;
  broken[whole.find("\xFF\xC0") + 1] = '\xFE';  // the frame, now a remark
  ExpectDataLoss(Jpeg(broken), "JPEG header: ");
  EXPECT_LE(LargestDifference(DecodeOrFail(Jpeg(whole)), drawn), kJpegLoss);
}

TEST(DecodeTest, TruncatedOrDamagedPngIsDataLoss) {
  const std::string whole = EncodePng(DrawTestImage(32, 32, 8));
  ExpectDataLoss(Png(whole.substr(0, whole.size() / 2)), "ends early");
  ExpectDataLoss(Png(whole.substr(0, whole.size() - 5)), "ends early");
  ExpectDataLoss(Png(whole.substr(0, 20)), "cut off");
  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 0x10;
  ExpectDataLoss(Png(damaged), "PNG: ");
}

TEST(DecodeTest, WrongAmountOfPlanarPixelsIsDataLoss) {
  EncodedImage planar;
  planar.format = EncodedImage::Format::kPlanarRgb;
  planar.height = 2;
  planar.width = 2;
  planar.bytes = std::string(11, 'x');
  ExpectDataLoss(planar, "11 bytes");
  planar.bytes = "rrrrggggbbbb";
  EXPECT_EQ(DecodeOrFail(planar).plane(1)[3], 'g');
}

TEST(DecodeTest, AnAbsurdSizeIsRefusedBeforeMemoryIsTaken) {
  std::string bytes = EncodePng(DrawTestImage(4, 4, 9));
  std::memcpy(&bytes[16], "\x00\x0F\x00\x00\x00\x0F\x00\x00", 8);
  ExpectDataLoss(Png(bytes), "983040x983040");
}

TEST(ReadSizeTest, AgreesWithTheDecodedSize) {
  const Image drawn = DrawTestImage(45, 67, 1);
  for (const EncodedImage& encoded :
       {Jpeg(EncodeJpeg(drawn)), Png(EncodePng(drawn))}) {
    const absl::StatusOr<ImageSize> size = ReadSize(encoded);
    ASSERT_TRUE(size.ok()) << size.status();
    EXPECT_EQ(size->height, 45);
    EXPECT_EQ(size->width, 67);
  }
}

// The mean of each block, up to JPEG's rounding.
TEST(DecodeReducedTest, IsAboutTheMeanOfEachBlock) {
  const Image drawn = DrawTestImage(64, 96, 10);
  const EncodedImage encoded = Jpeg(EncodeJpeg(drawn));
  for (const int reduction : {2, 4, 8}) {
    const Image reduced = DecodeOrFail(encoded, reduction);
    ASSERT_EQ(reduced.height, 64 / reduction);
    ASSERT_EQ(reduced.width, 96 / reduction);
    for (int64_t y = 0; y < reduced.height; ++y) {
      for (int64_t x = 0; x < reduced.width; ++x) {
        int sum = 0;
        for (int i = 0; i < reduction * reduction; ++i) {
          sum += drawn.plane(1)[(y * reduction + i / reduction) * 96 +
                                x * reduction + i % reduction];
        }
        EXPECT_NEAR(reduced.plane(1)[y * reduced.width + x],
                    sum / (reduction * reduction), kJpegLoss);
      }
    }
  }
}

TEST(DecodeReducedTest, RoundsTheSizeUp) {
  const EncodedImage encoded = Jpeg(EncodeJpeg(DrawTestImage(65, 97, 1)));
  const Image reduced = DecodeOrFail(encoded, 8);
  EXPECT_EQ(reduced.height, 9);
  EXPECT_EQ(reduced.width, 13);
}

TEST(ReductionForTest, LeavesTheCropAtLeastAsLargeAsTheView) {
  EXPECT_EQ(ReductionFor(447, 1000, 224), 1);
  EXPECT_EQ(ReductionFor(448, 1000, 224), 2);
  EXPECT_EQ(ReductionFor(1000, 895, 224), 2);
  EXPECT_EQ(ReductionFor(896, 896, 224), 4);
  EXPECT_EQ(ReductionFor(100000, 100000, 224), 8);
  EXPECT_EQ(ReductionFor(1, 1, 224), 1);
}

TEST(DecodeTest, ThreadsDoNotDisturbEachOther) {
  std::vector<Image> drawn;
  std::vector<EncodedImage> encoded;
  for (int i = 0; i < 4; ++i) {
    drawn.push_back(DrawTestImage(40 + i, 50, i));
    encoded.push_back(i % 2 ? Png(EncodePng(drawn[i]))
                            : Jpeg(EncodeJpeg(drawn[i])));
  }
  std::vector<int> worst(4, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        const int at = (i + repeat) % 4;
        Image image;
        const bool ok = DecodeImage(encoded[at], 1, image).ok();
        worst[i] =
            std::max(worst[i], ok ? LargestDifference(image, drawn[at]) : 999);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int difference : worst) EXPECT_LE(difference, kJpegLoss);
}

}  // namespace
}  // namespace snclr
