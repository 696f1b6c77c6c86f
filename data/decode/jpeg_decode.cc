// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_decode.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/decode/image_size.h"
#include "data/decode/interleaved.h"

namespace snclr {
namespace {

struct Header {
  int width = 0;
  int height = 0;
  int colorspace = -1;
};

// A decompressor and the memory it writes to; one per thread.
class Decompressor {
 public:
  static Decompressor& OfThisThread() {
    thread_local Decompressor decompressor;
    return decompressor;
  }

  absl::StatusOr<Header> ReadHeader(const std::string& bytes) {
    Header header;
    int subsampling = -1;
    // Fails for unusual chroma subsampling too, which Decode can do; what
    // matters is whether the fields were filled.
    tjDecompressHeader3(handle_.get(), Bytes(bytes), bytes.size(),
                        &header.width, &header.height, &subsampling,
                        &header.colorspace);
    if (header.width < 1 || header.height < 1 || header.colorspace < 0) {
      return absl::DataLossError(
          absl::StrCat("JPEG header: ", tjGetErrorStr2(handle_.get())));
    }
    return header;
  }

  // Into memory of this object, valid until the next call.
  absl::StatusOr<const uint8_t*> Decode(const std::string& bytes, int width,
                                        int height, int pixel_format) {
    scratch_.resize(int64_t{width} * height * tjPixelSize[pixel_format]);
    const int failed = tjDecompress2(handle_.get(), Bytes(bytes), bytes.size(),
                                     scratch_.data(), width,
                                     /*pitch=*/0, height, pixel_format,
                                     TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (failed != 0 && !IsHarmless()) {
      return absl::DataLossError(
          absl::StrCat("JPEG data: ", tjGetErrorStr2(handle_.get())));
    }
    return scratch_.data();
  }

 private:
  struct Destroy {
    void operator()(void* handle) const { tjDestroy(handle); }
  };

  static const unsigned char* Bytes(const std::string& bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  }

  // Stray bytes before the end mark come after all pixels. Some cameras write
  // them. The message is that of the first warning, so it hides no worse one.
  bool IsHarmless() {
    return tjGetErrorCode(handle_.get()) == TJERR_WARNING &&
           absl::EndsWith(tjGetErrorStr2(handle_.get()),
                          "extraneous bytes before marker 0xd9");
  }

  std::unique_ptr<void, Destroy> handle_{tjInitDecompress()};
  std::vector<uint8_t> scratch_;
};

// Adobe's convention, as PIL assumes: all four samples are stored inverted.
void CmykToPlanes(const uint8_t* cmyk, Image& image) {
  const int64_t pixels = image.height * image.width;
  for (int channel = 0; channel < 3; ++channel) {
    uint8_t* plane = image.plane(channel);
    for (int64_t i = 0; i < pixels; ++i) {
      const int product = cmyk[4 * i + channel] * cmyk[4 * i + 3];
      plane[i] = static_cast<uint8_t>((product + 127) / 255);
    }
  }
}

void GrayToPlanes(const uint8_t* gray, Image& image) {
  const int64_t pixels = image.height * image.width;
  for (int channel = 0; channel < 3; ++channel) {
    std::copy(gray, gray + pixels, image.plane(channel));
  }
}

}  // namespace

absl::StatusOr<ImageSize> ReadJpegSize(const std::string& bytes) {
  const absl::StatusOr<Header> header =
      Decompressor::OfThisThread().ReadHeader(bytes);
  if (!header.ok()) return header.status();
  return CheckedSize(header->height, header->width);
}

absl::Status DecodeJpeg(const std::string& bytes, int reduction, Image& image) {
  Decompressor& decompressor = Decompressor::OfThisThread();
  const absl::StatusOr<Header> header = decompressor.ReadHeader(bytes);
  if (!header.ok()) return header.status();
  const absl::StatusOr<ImageSize> size =
      CheckedSize(header->height, header->width);
  if (!size.ok()) return size.status();

  int pixel_format = TJPF_RGB;
  if (header->colorspace == TJCS_GRAY) pixel_format = TJPF_GRAY;
  if (header->colorspace == TJCS_CMYK || header->colorspace == TJCS_YCCK) {
    pixel_format = TJPF_CMYK;
  }
  const int width = (header->width + reduction - 1) / reduction;
  const int height = (header->height + reduction - 1) / reduction;
  const absl::StatusOr<const uint8_t*> pixels =
      decompressor.Decode(bytes, width, height, pixel_format);
  if (!pixels.ok()) return pixels.status();

  Resize(image, height, width);
  if (pixel_format == TJPF_GRAY) {
    GrayToPlanes(*pixels, image);
  } else if (pixel_format == TJPF_CMYK) {
    CmykToPlanes(*pixels, image);
  } else {
    SplitPlanes(*pixels, image);
  }
  return absl::OkStatus();
}

}  // namespace snclr
