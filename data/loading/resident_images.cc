// SPDX-License-Identifier: MIT
#include "data/loading/resident_images.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "data/decode/decode.h"
#include "data/loading/sample_views.h"
#include "data/sources/parallel_for.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

constexpr int64_t kSample = 64;
constexpr int64_t kUploadBytes = int64_t{64} << 20;

int64_t BytesOf(const ImageSize& size) { return 3 * size.height * size.width; }

// Whether every view of the image is made from the pixels that all have here.
bool MayStay(const EncodedImage& encoded, const ImageSize& size,
             const ResidentOptions& options) {
  return encoded.format != EncodedImage::Format::kJpeg ||
         (options.jpegs &&
          ReductionFor(size.height, size.width, options.side_px) == 1);
}

// How many bytes the images will take that can be kept.
absl::StatusOr<int64_t> EstimateBytes(const Source& source,
                                      const ResidentOptions& options) {
  const int64_t sample = std::min(kSample, source.size());
  std::atomic<int64_t> bytes{0};
  const auto look = [&](int64_t i) {
    const auto encoded = source.Read(i * source.size() / sample);
    if (!encoded.ok()) {
      return IsBrokenImage(encoded.status()) ? absl::OkStatus()
                                             : encoded.status();
    }
    const auto size = ReadSize(*encoded);
    if (size.ok() && MayStay(*encoded, *size, options)) {
      bytes += BytesOf(*size);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ParallelFor(sample, options.workers, look));
  return static_cast<int64_t>(static_cast<double>(bytes) / sample *
                              source.size());
}

// `images` one behind the other, on the device.
at::Tensor Upload(const std::vector<Image>& images, int64_t bytes,
                  at::Device device) {
  const at::TensorOptions on_device =
      at::TensorOptions(at::kByte).device(device);
  const at::Tensor uploaded = at::empty({bytes}, on_device);
  const int64_t at_once = std::min(bytes, kUploadBytes);
  const at::Tensor staged = at::empty(
      {at_once}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  auto* const to = staged.data_ptr<uint8_t>();
  int64_t done = 0, filled = 0;
  const auto flush = [&] {
    uploaded.narrow(0, done, filled).copy_(staged.narrow(0, 0, filled));
    done += filled;
    filled = 0;
  };
  for (const Image& image : images) {
    const auto size = static_cast<int64_t>(image.pixels.size());
    for (int64_t from = 0; from < size;) {
      const int64_t now = std::min(size - from, at_once - filled);
      std::memcpy(to + filled, image.pixels.data() + from, now);
      from += now;
      filled += now;
      if (filled == at_once) flush();
    }
  }
  if (filled > 0) flush();
  return uploaded;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ResidentImages>> ResidentImages::Load(
    const Source& source, const ResidentOptions& options) {
  ASSIGN_OR_RETURN(const int64_t expected, EstimateBytes(source, options));
  if (expected == 0 || expected > options.limit_bytes) return nullptr;

  std::vector<Image> images(source.size());
  std::atomic<int64_t> bytes{0};
  const auto decode = [&](int64_t index) {
    const auto encoded = source.Read(index);
    absl::Status status = encoded.status();
    if (status.ok()) {
      const auto size = ReadSize(*encoded);
      status = size.status();
      if (status.ok()) {
        if (!MayStay(*encoded, *size, options)) return status;
        const int64_t own = BytesOf(*size);
        if ((bytes += own) > options.limit_bytes) {
          bytes -= own;
          return status;
        }
        status = DecodeImage(*encoded, /*reduction=*/1, images[index]);
        if (!status.ok()) {
          bytes -= own;
          images[index] = Image();
        }
      }
    }
    return IsBrokenImage(status) ? absl::OkStatus() : status;
  };
  RETURN_IF_ERROR(ParallelFor(source.size(), options.workers, decode));

  std::unique_ptr<ResidentImages> resident(new ResidentImages());
  resident->places_.resize(source.size());
  int64_t end = 0;
  for (int64_t i = 0; i < source.size(); ++i) {
    const Image& image = images[i];
    if (image.pixels.empty()) continue;
    resident->places_[i] = {end, {image.height, image.width}};
    end += static_cast<int64_t>(image.pixels.size());
    ++resident->images_;
  }
  if (end == 0) return nullptr;
  RETURN_IF_ERROR(CatchTorch([&] {
    resident->pixels_ = Upload(images, end, options.device);
    return absl::OkStatus();
  })) << "keeping the training images on the device";
  return resident;
}

}  // namespace snclr
