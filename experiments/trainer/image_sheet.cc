// SPDX-License-Identifier: MIT
#include "experiments/trainer/image_sheet.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cmath>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/views/resample.h"

namespace snclr {
namespace {

// Thumbnails of drawn shapes show colour fringes with less.
constexpr int kQuality = 88;

ResizeAxis Middle(int64_t length, int64_t side, int64_t tile_px) {
  ResizeAxis axis;
  axis.start = (length - side) / 2;
  axis.length = side;
  axis.resized = tile_px;
  axis.count = tile_px;
  return axis;
}

}  // namespace

absl::StatusOr<ImageSheet> MakeImageSheet(const std::vector<Image>& images,
                                          int64_t tile_px, int64_t columns) {
  const int64_t count = images.size();
  if (count == 0 || tile_px < 1 || columns < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a sheet of ", count, " pictures of ", tile_px, " px in ",
                     columns, " columns"));
  }
  columns = std::min(columns, count);
  const int64_t width = columns * tile_px;
  const int64_t height = (count + columns - 1) / columns * tile_px;
  std::vector<uint8_t> pixels(3 * width * height, 255);  // [height, width, 3]
  std::vector<float> tile(3 * tile_px * tile_px);
  for (int64_t i = 0; i < count; ++i) {
    const Image& image = images[i];
    const int64_t side = std::min(image.height, image.width);
    Resample(image, Middle(image.height, side, tile_px),
             Middle(image.width, side, tile_px), tile.data());
    for (int64_t y = 0; y < tile_px; ++y) {
      const int64_t row = i / columns * tile_px + y;
      uint8_t* out = &pixels[3 * (row * width + i % columns * tile_px)];
      for (int64_t x = 0; x < tile_px; ++x) {
        for (int64_t channel = 0; channel < 3; ++channel) {
          const float value = tile[(channel * tile_px + y) * tile_px + x];
          *out++ = static_cast<uint8_t>(
              std::lround(std::clamp(value, 0.0f, 255.0f)));
        }
      }
    }
  }
  const tjhandle encoder = tjInitCompress();
  if (encoder == nullptr) return absl::InternalError("no JPEG encoder");
  const absl::Cleanup destroy = [encoder] { tjDestroy(encoder); };
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const absl::Cleanup release = [&bytes] { tjFree(bytes); };
  if (tjCompress2(encoder, pixels.data(), static_cast<int>(width), 0,
                  static_cast<int>(height), TJPF_RGB, &bytes, &size, TJSAMP_444,
                  kQuality, 0) != 0) {
    return absl::InternalError(
        absl::StrCat("JPEG encoder: ", tjGetErrorStr2(encoder)));
  }
  ImageSheet sheet;
  sheet.tile_px = tile_px;
  sheet.columns = columns;
  sheet.jpeg.assign(reinterpret_cast<const char*>(bytes), size);
  return sheet;
}

}  // namespace snclr
