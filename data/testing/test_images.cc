// SPDX-License-Identifier: MIT
#include "data/testing/test_images.h"

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "snclr/core/base/logging.h"

namespace snclr {
namespace {

// [height, width, 3]
std::vector<uint8_t> Interleave(const Image& image) {
  const int64_t pixels = image.height * image.width;
  std::vector<uint8_t> rgb(3 * pixels);
  for (int64_t i = 0; i < pixels; ++i) {
    for (int c = 0; c < 3; ++c) rgb[3 * i + c] = image.plane(c)[i];
  }
  return rgb;
}

// What tjCompress2 wants for this kind: bytes, pixel format, subsampling.
struct JpegInput {
  std::vector<uint8_t> samples;
  int pixel_format = TJPF_RGB;
  int subsampling = TJSAMP_444;
};

int SubsamplingOf(JpegKind kind) {
  switch (kind) {
    case JpegKind::kHalvedChroma:
      return TJSAMP_420;
    case JpegKind::kHalvedChromaAcross:
      return TJSAMP_422;
    case JpegKind::kHalvedChromaDown:
      return TJSAMP_440;
    case JpegKind::kQuarteredChromaAcross:
      return TJSAMP_411;
    default:
      return TJSAMP_444;
  }
}

JpegInput PrepareJpeg(const Image& image, JpegKind kind) {
  JpegInput input;
  const std::vector<uint8_t> rgb = Interleave(image);
  if (kind == JpegKind::kGray) {
    input.pixel_format = TJPF_GRAY;
    input.subsampling = TJSAMP_GRAY;
    for (size_t i = 0; i < rgb.size(); i += 3) {
      input.samples.push_back((rgb[i] + rgb[i + 1] + rgb[i + 2]) / 3);
    }
  } else if (kind == JpegKind::kCmyk) {
    input.pixel_format = TJPF_CMYK;
    for (size_t i = 0; i < rgb.size(); i += 3) {
      input.samples.insert(input.samples.end(),
                           {rgb[i], rgb[i + 1], rgb[i + 2], 255});
    }
  } else {
    input.samples = rgb;
    input.subsampling = SubsamplingOf(kind);
  }
  return input;
}

}  // namespace

Image DrawTestImage(int64_t height, int64_t width, int seed) {
  Image image;
  image.height = height;
  image.width = width;
  image.pixels.resize(3 * height * width);
  for (int c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const double phase = seed * 0.7 + c * 2.1;
        const double value = 127 + 60 * std::sin(phase + 3.0 * x / width) +
                             50 * std::cos(phase * 1.3 + 2.5 * y / height);
        image.plane(c)[y * width + x] = static_cast<uint8_t>(value);
      }
    }
  }
  return image;
}

std::string EncodeJpeg(const Image& image, JpegKind kind) {
  const JpegInput input = PrepareJpeg(image, kind);
  tjhandle compressor = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int flags = TJFLAG_ACCURATEDCT |
                    (kind == JpegKind::kProgressive ? TJFLAG_PROGRESSIVE : 0);
  const int failed = tjCompress2(
      compressor, input.samples.data(), static_cast<int>(image.width), 0,
      static_cast<int>(image.height), input.pixel_format, &bytes, &size,
      input.subsampling, /*jpegQual=*/95, flags);
  CHECK_EQ(failed, 0) << tjGetErrorStr2(compressor);
  const std::string file(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(compressor);
  return file;
}

std::string EncodePng(const Image& image) {
  const std::vector<uint8_t> rgb = Interleave(image);
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = image.width;
  png.height = image.height;
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  CHECK(png_image_write_to_memory(&png, nullptr, &size, 0, rgb.data(), 0,
                                  nullptr));
  std::string file(size, '\0');
  CHECK(png_image_write_to_memory(&png, file.data(), &size, 0, rgb.data(), 0,
                                  nullptr));
  file.resize(size);
  return file;
}

EncodedImage AsFile(EncodedImage::Format format, std::string bytes) {
  EncodedImage encoded;
  encoded.format = format;
  encoded.bytes = std::move(bytes);
  return encoded;
}

int LargestDifference(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

std::string MakeTestFolder(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder.string();
}

void WriteTestFile(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace snclr
