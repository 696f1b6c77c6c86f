// SPDX-License-Identifier: MIT
// Where workers put a batch's images and plans, and from where these go to the
// device that makes the views.
#ifndef DATA_DEVICE_VIEWS_VIEW_STAGING_H_
#define DATA_DEVICE_VIEWS_VIEW_STAGING_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "data/device_views/device_views.h"
#include "data/device_views/view_batch.h"
#include "data/image.h"

namespace snclr {

// Memory that grows to the largest batch and is then used again. Nothing is
// joined: each worker writes its image and the plans of its views where they
// stay, in an order that depends on the threads and that no view depends on.
class ViewStaging {
 public:
  // For `views` views. `page_locked`: a GPU reads from it by itself.
  ViewStaging(int64_t views, int64_t side_px, bool page_locked);

  // Copies the image's pixels; returns where they begin. Thread-safe. Throws
  // where there is no memory, as does SetViews.
  int64_t AddImage(const Image& image);

  // The views of `own`, whose images were added here or lie elsewhere on the
  // device (ViewPlan::memory), become those of the places first, first +
  // stride, ... Thread-safe for different places. Each place must be set before
  // Upload.
  void SetViews(const ViewBatch& own, int64_t first, int64_t stride);

  // Begins to copy all to the device, on the current stream; from page-locked
  // memory it returns before that is done, and this must stay as it is until
  // then. Images that lie elsewhere are for the caller to add.
  PlacedViews Upload(at::Device device) const;

  // The next batch. The copies must be done.
  void Clear();

 private:
  // Memory that stands for the bytes [begin, begin + size) of all.
  struct Chunk {
    at::Tensor memory;
    int64_t begin = 0;
    int64_t used = 0;
  };
  struct Room {
    uint8_t* memory;
    int64_t begin;  // of all
  };

  Room Reserve(int64_t bytes);
  at::Tensor Memory(int64_t bytes) const;

  const int64_t views_;
  const int64_t side_px_;
  const bool page_locked_;
  at::Tensor plans_;

  std::mutex mutex_;
  std::vector<Chunk> chunks_;  // guarded by mutex_ while workers write
  size_t filling_ = 0;         // the chunk; likewise
};

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_VIEW_STAGING_H_
