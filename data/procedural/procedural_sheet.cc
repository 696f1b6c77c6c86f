// SPDX-License-Identifier: MIT
// A look at the procedural source: a PNG with a row of images for each class.
//
//   bazel run //data:procedural_sheet -- --out=sheet.png
#include <gflags/gflags.h>
#include <png.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/procedural/procedural.h"
#include "snclr/core/base/command_line.h"

DEFINE_string(out, "", "the PNG file to write");
DEFINE_uint64(seed, 1, "data.procedural.seed");
DEFINE_int32(classes, 10, "data.procedural.classes, a row each");
DEFINE_int32(image_size_px, 32, "data.procedural.image_size_px");
DEFINE_int32(columns, 14, "images of each class");
DEFINE_int32(zoom, 3, "pixels of the sheet for one of an image, a side");

namespace snclr {
namespace {

constexpr int64_t kGapPx = 4;

// Interleaved RGB, white where no image lies.
struct Sheet {
  int64_t height, width;
  std::vector<uint8_t> pixels;
};

void Paste(const Image& image, int64_t zoom, int64_t top, int64_t left,
           Sheet& sheet) {
  for (int64_t y = 0; y < image.height * zoom; ++y) {
    for (int64_t x = 0; x < image.width * zoom; ++x) {
      uint8_t* pixel = &sheet.pixels[3 * ((top + y) * sheet.width + left + x)];
      for (int channel = 0; channel < 3; ++channel) {
        pixel[channel] =
            image.plane(channel)[y / zoom * image.width + x / zoom];
      }
    }
  }
}

Sheet DrawSheet(const ProceduralSpec& spec, int64_t columns, int64_t zoom) {
  const int64_t cell = spec.image_size_px() * zoom + kGapPx;
  Sheet sheet{spec.classes() * cell + kGapPx, columns * cell + kGapPx, {}};
  sheet.pixels.assign(3 * sheet.height * sheet.width, 255);
  for (int64_t number = 0; number < spec.classes() * columns; ++number) {
    Paste(DrawProceduralImage(spec, number), zoom,
          kGapPx + number % spec.classes() * cell,
          kGapPx + number / spec.classes() * cell, sheet);
  }
  return sheet;
}

absl::Status WritePng(const Sheet& sheet, const std::string& path) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = sheet.width;
  header.height = sheet.height;
  header.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&header, path.c_str(), 0, sheet.pixels.data(), 0,
                               nullptr)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", header.message));
  }
  return absl::OkStatus();
}

absl::Status Run() {
  if (FLAGS_out.empty()) {
    return absl::InvalidArgumentError("--out: the PNG file to write");
  }
  if (FLAGS_classes < 2 || FLAGS_classes > kMostProceduralClasses ||
      FLAGS_image_size_px < 16 || FLAGS_columns < 1 || FLAGS_zoom < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "wanted --classes in [2, ", kMostProceduralClasses,
        "], --image_size_px of at least 16, --columns and --zoom of at least "
        "1"));
  }
  ProceduralSpec spec;
  spec.set_seed(FLAGS_seed);
  spec.set_classes(FLAGS_classes);
  spec.set_image_size_px(FLAGS_image_size_px);
  return WritePng(DrawSheet(spec, FLAGS_columns, FLAGS_zoom),
                  UserPath(FLAGS_out));
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine("Draws images of the procedural source side by side.",
                          {}, argc, argv);
  return snclr::ExitStatus(snclr::Run());
}
