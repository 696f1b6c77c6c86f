// SPDX-License-Identifier: MIT
#include "data/device_views/device_views.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
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
  return bytes.defined() ? static_cast<const T*>(bytes.const_data_ptr())
                         : nullptr;
}

struct OnCpu {
  template <typename Functor>
  void operator()(int64_t places, const Functor& functor) const {
    for (int64_t i = 0; i < places; ++i) functor(i);
  }
};

template <typename Out>
void Run(const ViewArrays& at, const PlacedViews& placed,
         const at::Tensor& out) {
  Out* const to = out.data_ptr<Out>();
  if (out.is_cuda()) {
    RunViewStagesOnGpu(at, placed.any_contrast, placed.any_blur, to);
  } else {
    RunViewStages(at, placed.any_contrast, placed.any_blur, to, OnCpu());
  }
}

// What the stages write to before the result, for so many views.
struct Scratch {
  Scratch(const PlacedViews& placed, int64_t views) {
    const int64_t side = placed.side_px;
    const auto made =
        at::TensorOptions(placed.plans.device()).dtype(at::kFloat);
    planes = at::empty({views, 3, side, side}, made);
    others = placed.any_blur ? at::empty(planes.sizes(), made) : planes;
    lanes = at::empty({views, GreyBlocks(side * side), kGreyLanes}, made);
    means = at::empty({views}, made);
  }

  at::Tensor planes, others, lanes, means;
};

void MakePart(const PlacedViews& placed, int64_t first, const Scratch& scratch,
              const at::Tensor& out) {
  const ViewArrays arrays = {
      {At<uint8_t>(placed.bytes), At<uint8_t>(placed.resident),
       At<uint8_t>(placed.decoded)},
      At<float>(placed.floats),
      At<int32_t>(placed.ints),
      At<ViewPlan>(placed.plans) + first,
      static_cast<uint32_t>(out.size(0)),
      static_cast<uint32_t>(placed.side_px),
      scratch.planes.data_ptr<float>(),
      scratch.others.data_ptr<float>(),
      scratch.lanes.data_ptr<float>(),
      scratch.means.data_ptr<float>()};
  switch (out.scalar_type()) {
    case at::kFloat:
      Run<float>(arrays, placed, out);
      break;
    case at::kBFloat16:
      Run<c10::BFloat16>(arrays, placed, out);
      break;
    default:
      TORCH_CHECK(false, "no views of dtype ", out.scalar_type());
  }
}

}  // namespace

at::Tensor MakeViews(const PlacedViews& placed, int64_t first, int64_t count,
                     at::ScalarType dtype, int64_t values_at_once) {
  TORCH_CHECK(first >= 0 && count >= 0 && first + count <= placed.views,
              "views ", first, " to ", first + count, " of ", placed.views);
  const int64_t side = placed.side_px, values = 3 * side * side;
  const int64_t at_once = std::clamp<int64_t>(values_at_once / values, 1,
                                              std::max<int64_t>(count, 1));
  TORCH_CHECK(at_once * values <= std::numeric_limits<uint32_t>::max(), at_once,
              " views of ", side, " px at a time");
  const at::Tensor out =
      at::empty({count, 3, side, side},
                at::TensorOptions(placed.plans.device()).dtype(dtype));
  const Scratch scratch(placed, at_once);
  for (int64_t begin = 0; begin < count; begin += at_once) {
    MakePart(placed, first + begin, scratch,
             out.narrow(0, begin, std::min(at_once, count - begin)));
  }
  return out;
}

at::Tensor MakeViews(const ViewBatch& batch, at::Device device,
                     at::ScalarType dtype) {
  PlacedViews placed;
  placed.bytes = Carry(batch.bytes, device);
  placed.floats = Carry(batch.floats, device);
  placed.ints = Carry(batch.ints, device);
  placed.plans = Carry(batch.plans, device);
  placed.views = batch.views();
  placed.side_px = batch.side_px;
  placed.any_contrast = batch.any_contrast;
  placed.any_blur = batch.any_blur;
  return MakeViews(placed, 0, placed.views, dtype);
}

}  // namespace snclr
