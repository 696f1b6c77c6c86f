// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_decode.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/decode/chroma.h"
#include "data/decode/image_size.h"
#include "data/decode/interleaved.h"
#include "data/decode/jpeg_shorten.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

struct Header {
  int width = 0;
  int height = 0;
  int subsampling = -1;  // TJSAMP, -1 for an unusual one
  int colorspace = -1;
};

int RowsPerChroma(const Header& header) {
  return header.subsampling < 0 ? 0 : tjMCUHeight[header.subsampling] / 8;
}

int ColumnsPerChroma(const Header& header) {
  return header.subsampling < 0 ? 0 : tjMCUWidth[header.subsampling] / 8;
}

// A decompressor and the memory it writes to; one per thread.
class Decompressor {
 public:
  static Decompressor& OfThisThread() {
    thread_local Decompressor decompressor;
    return decompressor;
  }

  absl::StatusOr<Header> ReadHeader(const std::string& bytes) {
    Header header;
    // Fails for unusual chroma subsampling too, which Decode can do; what
    // matters is whether the fields were filled.
    tjDecompressHeader3(handle_.get(), Bytes(bytes), bytes.size(),
                        &header.width, &header.height, &header.subsampling,
                        &header.colorspace);
    if (header.width < 1 || header.height < 1 || header.colorspace < 0) {
      const absl::Status status = absl::DataLossError(
          absl::StrCat("JPEG header: ", tjGetErrorStr2(handle_.get())));
      // It stays in the middle of this header, and would fail for the next one.
      handle_.reset(tjInitDecompress());
      return status;
    }
    return header;
  }

  // Luma and chroma as the file holds them, at full size; otherwise as Decode.
  absl::StatusOr<JpegPlanes> DecodePlanes(const std::string& bytes,
                                          const Header& header) {
    JpegPlanes planes;
    planes.height = header.height;
    planes.width = header.width;
    planes.components = header.subsampling == TJSAMP_GRAY ? 1 : 3;
    planes.rows_per_chroma = RowsPerChroma(header);
    planes.columns_per_chroma = ColumnsPerChroma(header);
    uint8_t* to[3] = {};
    int stride[3] = {};
    int64_t total = 0;
    for (int c = 0; c < planes.components; ++c) {
      stride[c] = tjPlaneWidth(c, header.width, header.subsampling);
      planes.stride[c] = stride[c];
      total += planes.stride[c] *
               tjPlaneHeight(c, header.height, header.subsampling);
    }
    scratch_.resize(total);
    uint8_t* next = scratch_.data();
    for (int c = 0; c < planes.components; ++c) {
      planes.plane[c] = to[c] = next;
      next += planes.stride[c] *
              tjPlaneHeight(c, header.height, header.subsampling);
    }
    const int failed = tjDecompressToYUVPlanes(
        handle_.get(), Bytes(bytes), bytes.size(), to, header.width, stride,
        header.height, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    RETURN_IF_ERROR(DecodingStatus(failed));
    return planes;
  }

  // Into memory of this object, valid until the next call.
  absl::StatusOr<const uint8_t*> Decode(const std::string& bytes, int width,
                                        int height, int pixel_format) {
    scratch_.resize(int64_t{width} * height * tjPixelSize[pixel_format]);
    const int failed = tjDecompress2(handle_.get(), Bytes(bytes), bytes.size(),
                                     scratch_.data(), width,
                                     /*pitch=*/0, height, pixel_format,
                                     TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    RETURN_IF_ERROR(DecodingStatus(failed));
    return scratch_.data();
  }

 private:
  struct Destroy {
    void operator()(void* handle) const { tjDestroy(handle); }
  };

  static const unsigned char* Bytes(const std::string& bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  }

  absl::Status DecodingStatus(int failed) {
    if (failed == 0 || IsHarmless()) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat("JPEG data: ", tjGetErrorStr2(handle_.get())));
  }

  // Stray bytes before the end mark come after all pixels. Some cameras write
  // them, and a shortened file has them. The message is that of the first
  // warning, so it hides no worse one.
  bool IsHarmless() {
    return tjGetErrorCode(handle_.get()) == TJERR_WARNING &&
           absl::EndsWith(tjGetErrorStr2(handle_.get()),
                          "extraneous bytes before marker 0xd9");
  }

  std::unique_ptr<void, Destroy> handle_{tjInitDecompress()};
  std::vector<uint8_t> scratch_;
};

// Adobe's convention, as PIL assumes: all four samples are stored inverted.
void CmykToPlanes(const uint8_t* cmyk, int64_t width, const Region& region,
                  Image& image) {
  for (int64_t y = 0; y < region.height; ++y) {
    const uint8_t* row = cmyk + 4 * ((region.top + y) * width + region.left);
    for (int channel = 0; channel < 3; ++channel) {
      uint8_t* to = image.plane(channel) + y * region.width;
      for (int64_t x = 0; x < region.width; ++x) {
        const int product = row[4 * x + channel] * row[4 * x + 3];
        to[x] = static_cast<uint8_t>((product + 127) / 255);
      }
    }
  }
}

void GrayToPlanes(const uint8_t* gray, int64_t width, const Region& region,
                  Image& image) {
  for (int64_t y = 0; y < region.height; ++y) {
    const uint8_t* row = gray + (region.top + y) * width + region.left;
    for (int channel = 0; channel < 3; ++channel) {
      std::copy(row, row + region.width,
                image.plane(channel) + y * region.width);
    }
  }
}

// Through libjpeg's own conversion: any kind of file, any reduction.
absl::Status DecodePixels(const std::string& bytes, const Header& header,
                          int reduction, const Region& region,
                          Decompressor& decompressor, Image& image) {
  int pixel_format = TJPF_RGB;
  if (header.colorspace == TJCS_GRAY) pixel_format = TJPF_GRAY;
  if (header.colorspace == TJCS_CMYK || header.colorspace == TJCS_YCCK) {
    pixel_format = TJPF_CMYK;
  }
  const int width = (header.width + reduction - 1) / reduction;
  const int height = (header.height + reduction - 1) / reduction;
  ASSIGN_OR_RETURN(const uint8_t* pixels,
                   decompressor.Decode(bytes, width, height, pixel_format));
  Resize(image, region.height, region.width);
  if (pixel_format == TJPF_GRAY) {
    GrayToPlanes(pixels, width, region, image);
  } else if (pixel_format == TJPF_CMYK) {
    CmykToPlanes(pixels, width, region, image);
  } else {
    SplitPlanes(pixels, width, region, image);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageSize> ReadJpegSize(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Header header,
                   Decompressor::OfThisThread().ReadHeader(bytes));
  return CheckedSize(header.height, header.width);
}

absl::Status DecodeJpeg(const std::string& bytes, int reduction,
                        const Region* part, Image& image) {
  Decompressor& decompressor = Decompressor::OfThisThread();
  ASSIGN_OR_RETURN(Header header, decompressor.ReadHeader(bytes));
  RETURN_IF_ERROR(CheckedSize(header.height, header.width).status());
  const ImageSize size = ReducedSize({header.height, header.width}, reduction);
  RETURN_IF_ERROR(CheckRegion(part, size));
  const Region region = part != nullptr ? *part : WholeOf(size);
  // Codes below the part are the dearest thing to leave alone. A pixel depends
  // on the chroma rows beside its own: at most 4 rows further down.
  thread_local std::string shortened;
  const int64_t height = ShortenJpeg(
      bytes, reduction * (region.top + region.height + 4), shortened);
  if (height > 0) header.height = height;
  const std::string& needed = height > 0 ? shortened : bytes;
  const bool is_known = header.colorspace == TJCS_GRAY ||
                        (header.colorspace == TJCS_YCbCr &&
                         CanConvert(RowsPerChroma(header),
                                    ColumnsPerChroma(header), header.width));
  if (reduction != 1 || !is_known) {
    return DecodePixels(needed, header, reduction, region, decompressor, image);
  }
  ASSIGN_OR_RETURN(const JpegPlanes planes,
                   decompressor.DecodePlanes(needed, header));
  ToRgb(planes, region, image);
  return absl::OkStatus();
}

}  // namespace snclr
