// SPDX-License-Identifier: MIT
// Batches of views, made ahead of the step that uses them.
#ifndef DATA_LOADING_LOADER_H_
#define DATA_LOADING_LOADER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/device_decode/device_decoder.h"
#include "data/source.h"
#include "data/views/augmentation.pb.h"

namespace snclr {

struct Batch {
  at::Tensor view1;   // [B, 3, S, S] float, normalised (or as `make_on` says)
  at::Tensor view2;   // [B, 3, S, S]
  at::Tensor index;   // [B] int64, in the source
  at::Tensor label;   // [B] int64, kUnlabelled where there is none
  int64_t epoch = 0;  // from 0
  int64_t step = 0;   // within the epoch, from 0
};

// The workers draw and decode; the device does the rest, a batch at once, while
// the one before trains.
struct MakeOnDevice {
  at::Device device = at::kCPU;       // the CPU for tests: it is slow
  at::ScalarType dtype = at::kFloat;  // or bfloat16
  // Images that need no more, decoded, are decoded once and stay on the device.
  int64_t resident_bytes = 0;
  // Decodes JPEGs there; null: the workers do. Its pixels are its own: another
  // decoder makes another run.
  std::shared_ptr<DeviceDecoder> decoder;
};

// Whether that can make these views.
bool CanMakeOnDevice(const AugmentationSpec& views);

struct LoaderOptions {
  uint64_t seed = 1;
  int64_t batch = 0;  // B, of this rank
  int64_t rank = 0;
  int64_t ranks = 1;  // W
  int64_t image_size_px = 0;
  int workers = 0;  // 0: chosen for the machine
  int prefetch_batches = 2;
  int64_t max_broken_images = 10;
  int64_t first_step =
      0;  // steps since the run's beginning that are done already
  bool only_view1 = false;  // view2 stays undefined
  // Views lie in page-locked memory, from which a GPU reads by itself.
  bool page_locked = false;
  // A device that makes the views and keeps them; the bits are those of the
  // workers, unless it decodes too.
  std::optional<MakeOnDevice> make_on;

  // How often an epoch has an image, one after the other and each time in other
  // views (Hoffer et al., arXiv:1901.09335). An epoch is as long as without:
  // its first images are repeated and the rest sits it out.
  int64_t repeats = 1;
};

// What a person may want to know of a loader.
struct LoaderFacts {
  bool on_device = false;       // views are made there
  bool decodes = false;         // JPEGs are decoded there
  int64_t resident_images = 0;  // that stay there
  int64_t resident_bytes = 0;
  int64_t refused_jpegs = 0;  // that the CPU decoded in place of the device
};

// Endless training batches. An epoch is a permutation of the source given by
// (seed, epoch), cut into floor(size / (W*B)) global batches, of which each
// rank takes its contiguous share; what is left over sits the epoch out.
// Nothing but (seed, epoch, index) decides a view.
class Loader {
 public:
  virtual ~Loader() = default;

  virtual int64_t steps_per_epoch() const = 0;

  // The next batch, waiting for it if need be. DataLoss once more than
  // max_broken_images images could not be read; the message names the last
  // ones.
  virtual absl::StatusOr<Batch> Next() = 0;

  // Images of the source that could not be read so far.
  virtual const std::unordered_set<int64_t>& broken_images() const = 0;

  // Of the batches that Next() gave.
  virtual LoaderFacts facts() const = 0;
};

// `source` must outlive the loader. InvalidArgument where W*B exceeds the
// source, or where a device cannot make the views.
absl::StatusOr<std::unique_ptr<Loader>> MakeLoader(
    const Source& source, const AugmentationSpec& views,
    const LoaderOptions& options);

// Runs through a source, or a stretch of it, once, in order, with the
// evaluation view.
// `consume` gets images [N, 3, S, S], N <= batch, labels [N] and indices [N].
// Broken images are left out, counted, and limited as in training.
struct EvalOptions {
  int64_t batch = 256;
  int64_t image_size_px = 0;
  int workers = 0;
  int64_t max_broken_images = 10;
  int64_t first = 0;   // image to begin with
  int64_t count = -1;  // images from there on; -1: all that are left
};

// How many images of `source` these options ask for, broken ones included.
int64_t ImagesAsked(const EvalOptions& options, const Source& source);

struct EvalBatch {
  at::Tensor images;
  at::Tensor label;
  at::Tensor index;
};
absl::Status ForEachEvalBatch(
    const Source& source, const AugmentationSpec& views,
    const EvalOptions& options,
    const std::function<absl::Status(const EvalBatch&)>& consume);

}  // namespace snclr

#endif  // DATA_LOADING_LOADER_H_
