// SPDX-License-Identifier: MIT
#include "data/decode/png_decode.h"

#include <png.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/decode/image_size.h"
#include "data/decode/interleaved.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// What libpng's callbacks see. libpng leaves by longjmp, so nothing that owns
// memory lives in a frame it may jump over: all of that is in here.
struct Reading {
  const std::string* bytes = nullptr;
  size_t position = 0;
  char error[160] = "";
  std::vector<uint8_t> rgb;     // [height, width, 3]
  std::vector<png_bytep> rows;  // [height], into rgb
};

void OnError(png_structp png, png_const_charp message) {
  auto* reading = static_cast<Reading*>(png_get_error_ptr(png));
  std::strncpy(reading->error, message, sizeof(reading->error) - 1);
  png_longjmp(png, 1);
}

// Warnings are of metadata (colour profiles and the like), which nobody reads.
void OnWarning(png_structp, png_const_charp) {}

void OnRead(png_structp png, png_bytep out, size_t count) {
  auto* reading = static_cast<Reading*>(png_get_io_ptr(png));
  if (count > reading->bytes->size() - reading->position) {
    png_error(png, "the file ends early");
  }
  std::memcpy(out, reading->bytes->data() + reading->position, count);
  reading->position += count;
}

// libpng's two structures; destroyed together.
class PngReader {
 public:
  explicit PngReader(Reading& reading)
      : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, OnError,
                                    OnWarning)),
        info_(png_ != nullptr ? png_create_info_struct(png_) : nullptr) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() const { return png_; }
  png_infop info() const { return info_; }

 private:
  png_structp png_;
  png_infop info_;
};

// Asks for 8-bit RGB whatever the file holds.
void AskForRgb(png_structp png, png_infop info) {
  png_set_strip_16(png);
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  const png_byte color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_GRAY || color == PNG_COLOR_TYPE_GRAY_ALPHA) {
    png_set_gray_to_rgb(png);
  }
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

// False where libpng jumped out, with reading.error set.
bool Run(png_structp png, png_infop info, Reading& reading) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &reading, OnRead);
  png_read_info(png, info);
  AskForRgb(png, info);

  const size_t height = png_get_image_height(png, info);
  const size_t width = png_get_image_width(png, info);
  if (png_get_rowbytes(png, info) != 3 * width) {
    png_error(png, "rows are not RGB");
  }
  reading.rgb.resize(height * width * 3);
  reading.rows.resize(height);
  for (size_t y = 0; y < height; ++y) {
    reading.rows[y] = reading.rgb.data() + y * width * 3;
  }
  png_read_image(png, reading.rows.data());
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

absl::StatusOr<ImageSize> ReadPngSize(const std::string& bytes) {
  // Signature (8), length (4), "IHDR" (4), width (4), height (4).
  constexpr size_t kNeeded = 24;
  if (bytes.size() < kNeeded || std::memcmp(&bytes[12], "IHDR", 4) != 0) {
    return absl::DataLossError("PNG: the header is missing or cut off");
  }
  const auto* data = reinterpret_cast<png_const_bytep>(bytes.data());
  return CheckedSize(png_get_uint_32(data + 20), png_get_uint_32(data + 16));
}

absl::Status DecodePng(const std::string& bytes, const Region* part,
                       Image& image) {
  ASSIGN_OR_RETURN(const ImageSize size, ReadPngSize(bytes));
  RETURN_IF_ERROR(CheckRegion(part, size));
  thread_local Reading reading;
  reading.bytes = &bytes;
  reading.position = 0;
  reading.error[0] = '\0';
  const PngReader reader(reading);
  if (reader.info() == nullptr) {
    return absl::ResourceExhaustedError("PNG: no memory");
  }
  if (!Run(reader.png(), reader.info(), reading)) {
    return absl::DataLossError(absl::StrCat("PNG: ", reading.error));
  }
  const Region region = part != nullptr ? *part : WholeOf(size);
  Resize(image, region.height, region.width);
  SplitPlanes(reading.rgb.data(), size.width, region, image);
  return absl::OkStatus();
}

}  // namespace snclr
