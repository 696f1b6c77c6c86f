// SPDX-License-Identifier: MIT
#include "data/device_views/view_staging.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

#include "data/device_views/view_plan.h"
#include "data/device_views/view_stages.h"

namespace snclr {
namespace {

// Page-locked memory takes long to get: a few pieces, of which a batch of small
// images needs one.
constexpr int64_t kChunkBytes = int64_t{16} << 20;

// Offsets are multiples of this, for floats and for whole words of a copy.
constexpr int64_t kAlignment = 16;

int64_t Aligned(int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

template <typename T>
int64_t BytesOf(const std::vector<T>& array) {
  return static_cast<int64_t>(array.size() * sizeof(T));
}

}  // namespace

ViewStaging::ViewStaging(int64_t views, int64_t side_px, bool page_locked)
    : views_(views),
      side_px_(side_px),
      page_locked_(page_locked),
      plans_(Memory(views * static_cast<int64_t>(sizeof(ViewPlan)))) {}

at::Tensor ViewStaging::Memory(int64_t bytes) const {
  return at::empty({bytes},
                   at::TensorOptions(at::kByte).pinned_memory(page_locked_));
}

ViewStaging::Room ViewStaging::Reserve(int64_t bytes) {
  bytes = Aligned(bytes);
  const std::lock_guard<std::mutex> lock(mutex_);
  for (;; ++filling_) {
    if (filling_ == chunks_.size()) {
      const int64_t begin = chunks_.empty() ? 0
                                            : chunks_.back().begin +
                                                  chunks_.back().memory.numel();
      chunks_.push_back({Memory(std::max(kChunkBytes, bytes)), begin, 0});
    }
    Chunk& chunk = chunks_[filling_];
    if (chunk.used + bytes > chunk.memory.numel()) continue;
    const Room room = {chunk.memory.data_ptr<uint8_t>() + chunk.used,
                       chunk.begin + chunk.used};
    chunk.used += bytes;
    return room;
  }
}

int64_t ViewStaging::AddImage(const Image& image) {
  const Room room = Reserve(BytesOf(image.pixels));
  std::memcpy(room.memory, image.pixels.data(), image.pixels.size());
  return room.begin;
}

void ViewStaging::SetViews(const ViewBatch& own, int64_t first,
                           int64_t stride) {
  const int64_t float_bytes = BytesOf(own.floats);
  const Room room = Reserve(float_bytes + BytesOf(own.ints));
  std::memcpy(room.memory, own.floats.data(), float_bytes);
  std::memcpy(room.memory + float_bytes, own.ints.data(), BytesOf(own.ints));
  const auto floats = room.begin / static_cast<int64_t>(sizeof(float));
  const auto ints =
      (room.begin + float_bytes) / static_cast<int64_t>(sizeof(int32_t));
  auto* const plans = static_cast<ViewPlan*>(plans_.data_ptr());
  for (ViewPlan plan : own.plans) {
    plan.row_begins += ints;
    plan.column_begins += ints;
    plan.row_weights += floats;
    plan.column_weights += floats;
    plan.blur_weights += floats;
    plans[first] = plan;
    first += stride;
  }
}

PlacedViews ViewStaging::Upload(at::Device device) const {
  const auto on_device = at::TensorOptions(at::kByte).device(device);
  const bool later = page_locked_;
  int64_t end = 0;
  for (const Chunk& chunk : chunks_) {
    if (chunk.used > 0) end = chunk.begin + chunk.used;
  }
  PlacedViews placed;
  placed.bytes = placed.floats = placed.ints = at::empty({end}, on_device);
  for (const Chunk& chunk : chunks_) {
    if (chunk.used == 0) continue;
    placed.bytes.narrow(0, chunk.begin, chunk.used)
        .copy_(chunk.memory.narrow(0, 0, chunk.used), later);
  }
  placed.plans = at::empty(plans_.sizes(), on_device);
  placed.plans.copy_(plans_, later);
  placed.views = views_;
  placed.side_px = side_px_;
  const auto* const plans = static_cast<const ViewPlan*>(plans_.data_ptr());
  for (int64_t i = 0; i < views_; ++i) {
    placed.any_contrast |= HasContrast(plans[i]);
    placed.any_blur |= plans[i].blur_radius > 0;
  }
  return placed;
}

void ViewStaging::Clear() {
  for (Chunk& chunk : chunks_) chunk.used = 0;
  filling_ = 0;
}

}  // namespace snclr
