// SPDX-License-Identifier: MIT
// Every byte is libjpeg-turbo's, whichever way it was made and whatever part of
// the image was asked for.
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "data/decode/decode.h"
#include "data/image.h"
#include "data/testing/test_images.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

constexpr JpegKind kKinds[] = {JpegKind::kColor,
                               JpegKind::kGray,
                               JpegKind::kProgressive,
                               JpegKind::kHalvedChroma,
                               JpegKind::kHalvedChromaAcross,
                               JpegKind::kHalvedChromaDown,
                               JpegKind::kQuarteredChromaAcross};

// Patches of random colours and noise: every frequency, and colours that leave
// [0, 255] on their way back to RGB.
Image Rough(int64_t height, int64_t width, uint64_t seed) {
  Random random(seed, {0});
  Image image{height, width, std::vector<uint8_t>(3 * height * width)};
  for (int c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const bool is_patch = (y / 16 + x / 16) % 2 == 0;
        image.plane(c)[y * width + x] =
            is_patch ? 255 * ((y / 5 + x / 7 + c) % 2) : random.Below(256);
      }
    }
  }
  return image;
}

EncodedImage Encode(const Image& image, JpegKind kind) {
  EncodedImage encoded;
  encoded.format = EncodedImage::Format::kJpeg;
  encoded.bytes = EncodeJpeg(image, kind);
  return encoded;
}

// What libjpeg-turbo makes of a file by itself.
Image Reference(const std::string& bytes, int64_t height, int64_t width) {
  std::vector<uint8_t> rgb(3 * height * width);
  tjhandle handle = tjInitDecompress();
  EXPECT_EQ(
      tjDecompress2(handle, reinterpret_cast<const uint8_t*>(bytes.data()),
                    bytes.size(), rgb.data(), width, 0, height, TJPF_RGB,
                    TJFLAG_ACCURATEDCT),
      0)
      << tjGetErrorStr2(handle);
  tjDestroy(handle);
  Image image{height, width, std::vector<uint8_t>(rgb.size())};
  for (int64_t i = 0; i < height * width; ++i) {
    for (int c = 0; c < 3; ++c) image.plane(c)[i] = rgb[3 * i + c];
  }
  return image;
}

Image Part(const Image& image, const Region& region) {
  Image part{region.height, region.width, {}};
  for (int c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < region.height; ++y) {
      const uint8_t* row =
          image.plane(c) + (region.top + y) * image.width + region.left;
      part.pixels.insert(part.pixels.end(), row, row + region.width);
    }
  }
  return part;
}

TEST(DecodeJpegTest, EveryByteIsLibjpegsAtAnySize) {
  for (const JpegKind kind : kKinds) {
    for (const auto& [height, width] :
         std::vector<std::pair<int, int>>{{1, 1},
                                          {2, 3},
                                          {5, 4},
                                          {3, 5},
                                          {8, 8},
                                          {9, 17},
                                          {16, 16},
                                          {33, 31},
                                          {64, 48},
                                          {75, 100},
                                          {101, 97}}) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind)
                                      << ", " << height << "x" << width);
      const EncodedImage encoded =
          Encode(Rough(height, width, 31 * height + width), kind);
      Image decoded;
      ASSERT_TRUE(DecodeImage(encoded, 1, decoded).ok());
      EXPECT_EQ(
          LargestDifference(decoded, Reference(encoded.bytes, height, width)),
          0);
    }
  }
}

// libjpeg-turbo's compressor takes these from the environment.
class ScopedSetting {
 public:
  ScopedSetting(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~ScopedSetting() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(DecodeJpegTest, EveryByteIsLibjpegsWithRestartsAndCodesOfItsOwn) {
  for (const char* restart : {"1B", "3B", "1"}) {
    for (const char* optimize : {"0", "1"}) {
      const ScopedSetting restarts("TJ_RESTART", restart);
      const ScopedSetting codes("TJ_OPTIMIZE", optimize);
      for (const JpegKind kind : {JpegKind::kColor, JpegKind::kHalvedChroma}) {
        const EncodedImage encoded = Encode(Rough(83, 122, 9), kind);
        Image decoded;
        ASSERT_TRUE(DecodeImage(encoded, 1, decoded).ok());
        EXPECT_EQ(LargestDifference(decoded, Reference(encoded.bytes, 83, 122)),
                  0)
            << restart << " " << optimize;
      }
    }
  }
}

// What libjpeg-turbo says to a file, where it says that it is whole.
bool IsWholeToLibjpeg(const std::string& bytes) {
  tjhandle handle = tjInitDecompress();
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colors = -1;
  tjDecompressHeader3(handle, data, bytes.size(), &width, &height, &subsampling,
                      &colors);
  bool is_whole = false;
  if (width > 0 && width < 1000 && height > 0 && height < 1000 && colors >= 0) {
    const int format =
        colors == TJCS_CMYK || colors == TJCS_YCCK ? TJPF_CMYK : TJPF_RGB;
    std::vector<uint8_t> pixels(4 * width * height);
    is_whole = tjDecompress2(handle, data, bytes.size(), pixels.data(), width,
                             0, height, format, TJFLAG_ACCURATEDCT) == 0;
  }
  tjDestroy(handle);
  return is_whole;
}

// Bytes changed, lost and added at random: what our own decoder accepts is what
// libjpeg-turbo accepts, and it makes the same of it.
TEST(DecodeJpegTest, DamagedFilesAreAsGoodAsLibjpegSaysTheyAre) {
  Random random(23, {0});
  int accepted = 0, refused = 0;
  for (const JpegKind kind :
       {JpegKind::kColor, JpegKind::kGray, JpegKind::kHalvedChroma,
        JpegKind::kHalvedChromaAcross}) {
    const EncodedImage whole = Encode(DrawTestImage(40, 56, 3), kind);
    for (int i = 0; i < 1000; ++i) {
      EncodedImage damaged = whole;
      std::string& bytes = damaged.bytes;
      const auto place = [&] { return random.Below(bytes.size()); };
      for (int64_t n = random.Below(3); n >= 0; --n) {
        switch (random.Below(4)) {
          case 0:
            bytes[place()] = static_cast<char>(random.Below(256));
            break;
          case 1:
            bytes.erase(place(), 1 + random.Below(3));
            break;
          case 2:
            bytes.insert(place(), 1, static_cast<char>(random.Below(256)));
            break;
          default:
            bytes[place()] ^= static_cast<char>(1 << random.Below(8));
        }
      }
      Image decoded;
      const absl::Status status = DecodeImage(damaged, 1, decoded);
      if (decoded.height > 1000 || decoded.width > 1000) continue;
      const bool is_whole = IsWholeToLibjpeg(bytes);
      if (!status.ok()) {
        EXPECT_FALSE(is_whole)
            << "kind " << static_cast<int>(kind) << ", " << i << ": " << status;
        ++refused;
      } else if (is_whole) {  // and not merely harmless
        EXPECT_EQ(LargestDifference(
                      decoded, Reference(bytes, decoded.height, decoded.width)),
                  0)
            << "kind " << static_cast<int>(kind) << ", " << i;
        ++accepted;
      }
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 100);
}

TEST(DecodeRegionTest, IsThatPartOfTheWholeImage) {
  for (const JpegKind kind : kKinds) {
    const EncodedImage encoded = Encode(Rough(70, 91, 3), kind);
    for (const int reduction : {1, 2}) {
      Image whole, part;
      ASSERT_TRUE(DecodeImage(encoded, reduction, whole).ok());
      Random random(17, {static_cast<uint64_t>(kind)});
      for (int i = 0; i < 40; ++i) {
        Region region;
        region.top = random.Below(whole.height);
        region.left = random.Below(whole.width);
        region.height = 1 + random.Below(whole.height - region.top);
        region.width = 1 + random.Below(whole.width - region.left);
        ASSERT_TRUE(DecodeRegion(encoded, reduction, region, part).ok());
        ASSERT_EQ(LargestDifference(part, Part(whole, region)), 0)
            << "kind " << static_cast<int>(kind) << ", 1/" << reduction << ", "
            << region.height << "x" << region.width << " at " << region.top
            << ", " << region.left;
      }
    }
  }
}

TEST(DecodeRegionTest, OfAPngOrPlanesIsThatPartToo) {
  const Image drawn = Rough(20, 30, 5);
  const Region region = {3, 7, 11, 13};
  EncodedImage png, planes;
  png.format = EncodedImage::Format::kPng;
  png.bytes = EncodePng(drawn);
  planes.format = EncodedImage::Format::kPlanarRgb;
  planes.height = drawn.height;
  planes.width = drawn.width;
  planes.bytes.assign(drawn.pixels.begin(), drawn.pixels.end());
  for (const EncodedImage& encoded : {png, planes}) {
    Image part;
    ASSERT_TRUE(DecodeRegion(encoded, 1, region, part).ok());
    EXPECT_EQ(LargestDifference(part, Part(drawn, region)), 0);
  }
}

TEST(DecodeRegionTest, WhatLeavesTheImageIsRefused) {
  const EncodedImage encoded = Encode(Rough(20, 30, 5), JpegKind::kColor);
  Image image;
  for (const Region& region : std::vector<Region>{
           {0, 0, 21, 30}, {0, 1, 20, 30}, {-1, 0, 2, 2}, {0, 0, 0, 5}}) {
    EXPECT_EQ(DecodeRegion(encoded, 1, region, image).code(),
              absl::StatusCode::kInternal);
  }
}

// A crop elsewhere does not make half a file a good one.
TEST(DecodeRegionTest, AFileWithoutItsEndIsDamagedWhereverThePartIs) {
  const EncodedImage whole = Encode(Rough(64, 64, 5), JpegKind::kHalvedChroma);
  for (const size_t size : {whole.bytes.size() / 4, whole.bytes.size() * 3 / 4,
                            whole.bytes.size() - 2, whole.bytes.size() - 1}) {
    EncodedImage encoded = whole;
    encoded.bytes.resize(size);
    Image image;
    EXPECT_EQ(DecodeRegion(encoded, 1, {0, 0, 8, 8}, image).code(),
              absl::StatusCode::kDataLoss)
        << size << " of " << whole.bytes.size();
  }
}

// Codes that make no sense, and that libjpeg would complain about.
TEST(DecodeRegionTest, DamageIsDamageWhereItsPixelsAreNeeded) {
  EncodedImage encoded = Encode(Rough(96, 64, 5), JpegKind::kHalvedChroma);
  const size_t size = encoded.bytes.size();
  // No code is all ones; a 0 follows each 0xFF of codes.
  for (size_t i = size * 2 / 3; i < size * 2 / 3 + 100; i += 2) {
    encoded.bytes[i] = static_cast<char>(0xFF);
    encoded.bytes[i + 1] = 0;
  }
  Image image;
  EXPECT_EQ(DecodeImage(encoded, 1, image).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeRegion(encoded, 1, {40, 0, 56, 8}, image).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(DecodeRegion(encoded, 1, {0, 0, 8, 64}, image).ok());
}

}  // namespace
}  // namespace snclr
