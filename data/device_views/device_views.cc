// SPDX-License-Identifier: MIT
#include "data/device_views/device_views.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "data/device_views/view_stages.h"
#include "data/device_views/view_stages_cuda.h"

namespace snclr {
namespace {

// An array's bytes on the device; by way of page-locked memory, from which a
// GPU reads while the CPU goes on.
template <typename T>
at::Tensor Carry(const std::vector<T>& array, at::Device device) {
  const auto bytes = static_cast<int64_t>(array.size() * sizeof(T));
  const at::Tensor staged = at::empty(
      {bytes}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  if (bytes > 0) std::memcpy(staged.data_ptr(), array.data(), bytes);
  return staged.to(device, /*non_blocking=*/true);
}

template <typename T>
const T* At(const at::Tensor& bytes) {
  return static_cast<const T*>(bytes.const_data_ptr());
}

struct OnCpu {
  template <typename Functor>
  void operator()(int64_t places, const Functor& functor) const {
    for (int64_t i = 0; i < places; ++i) functor(i);
  }
};

template <typename Out>
void Run(const ViewArrays& at, const ViewBatch& batch, const at::Tensor& out) {
  Out* const to = out.data_ptr<Out>();
  if (out.is_cuda()) {
    RunViewStagesOnGpu(at, batch.any_contrast, batch.any_blur, to);
  } else {
    RunViewStages(at, batch.any_contrast, batch.any_blur, to, OnCpu());
  }
}

}  // namespace

at::Tensor MakeViews(const ViewBatch& batch, at::Device device,
                     at::ScalarType dtype) {
  const int64_t views = batch.views(), side = batch.side_px;
  const std::vector<int64_t> shape = {views, 3, side, side};
  TORCH_CHECK(views * 3 * side * side <= std::numeric_limits<uint32_t>::max(),
              views, " views of ", side, " px at a time");
  const at::Tensor bytes = Carry(batch.bytes, device);
  const at::Tensor floats = Carry(batch.floats, device);
  const at::Tensor ints = Carry(batch.ints, device);
  const at::Tensor plans = Carry(batch.plans, device);
  const auto made = at::TensorOptions(device).dtype(at::kFloat);
  const at::Tensor planes = at::empty(shape, made);
  const at::Tensor others = batch.any_blur ? at::empty(shape, made) : planes;
  const at::Tensor lanes =
      at::empty({views, GreyBlocks(side * side), kGreyLanes}, made);
  const at::Tensor means = at::empty({views}, made);
  const ViewArrays arrays = {At<uint8_t>(bytes),
                             At<float>(floats),
                             At<int32_t>(ints),
                             At<ViewPlan>(plans),
                             static_cast<uint32_t>(views),
                             static_cast<uint32_t>(side),
                             planes.data_ptr<float>(),
                             others.data_ptr<float>(),
                             lanes.data_ptr<float>(),
                             means.data_ptr<float>()};
  const at::Tensor out = at::empty(shape, made.dtype(dtype));
  switch (dtype) {
    case at::kFloat:
      Run<float>(arrays, batch, out);
      break;
    case at::kBFloat16:
      Run<c10::BFloat16>(arrays, batch, out);
      break;
    default:
      TORCH_CHECK(false, "no views of dtype ", dtype);
  }
  return out;
}

}  // namespace snclr
