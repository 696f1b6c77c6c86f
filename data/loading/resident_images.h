// SPDX-License-Identifier: MIT
// Images that are decoded once and then stay on the device.
#ifndef DATA_LOADING_RESIDENT_IMAGES_H_
#define DATA_LOADING_RESIDENT_IMAGES_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "data/image.h"
#include "data/source.h"

namespace snclr {

struct ResidentOptions {
  int64_t limit_bytes = 0;
  int64_t side_px = 0;  // of the views
  int workers = 1;
  bool jpegs = true;  // else JPEGs are left out: another decoder's
  at::Device device = at::kCPU;
};

class ResidentImages {
 public:
  struct Place {
    int64_t pixels = -1;  // where they begin; -1: not here
    ImageSize size;
  };

  // Decodes the source's images, as planes one behind the other. Those that a
  // batch would not find here are read as without: broken ones, and JPEGs that
  // some views take at a reduced size (ReductionFor), which would be other
  // pixels. Null where there is nothing to keep, or, as a sample of 64 images
  // says, not all fit within the limit; those of a sample that lied stay out
  // beyond it. In the meantime all lie in the CPU's memory. Internal and
  // ResourceExhausted where the machine fails.
  static absl::StatusOr<std::unique_ptr<ResidentImages>> Load(
      const Source& source, const ResidentOptions& options);

  // Null where it is not here. Thread-safe.
  const Place* Find(int64_t index) const {
    const Place& place = places_[index];
    return place.pixels < 0 ? nullptr : &place;
  }

  const at::Tensor& pixels() const { return pixels_; }  // bytes, on the device
  int64_t images() const { return images_; }

 private:
  ResidentImages() = default;

  std::vector<Place> places_;  // by index
  at::Tensor pixels_;
  int64_t images_ = 0;
};

}  // namespace snclr

#endif  // DATA_LOADING_RESIDENT_IMAGES_H_
