// SPDX-License-Identifier: MIT
#include "snclr/core/ops/parallel.h"

#include <ATen/TensorIterator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace snclr {

// TensorIterator's loop is compiled into LibTorch, and so runs on its threads;
// what it iterates over here are the numbers of the pieces.
void ParallelFor(int64_t size, int64_t grain,
                 c10::function_ref<void(int64_t begin, int64_t end)> body) {
  TORCH_CHECK(grain >= 1, "a parallel loop with a grain of ", grain);
  if (size <= 0) return;
  if (size <= grain) return body(0, size);
  const at::NoGradGuard no_grad;
  const at::Tensor pieces =
      at::arange((size + grain - 1) / grain, at::TensorOptions(at::kLong));
  auto iterator = at::TensorIteratorConfig()
                      .check_all_same_dtype(false)
                      .resize_outputs(false)
                      .add_output(pieces)
                      .build();
  iterator.for_each(
      [&](char** data, const int64_t* strides, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          const int64_t piece =
              *reinterpret_cast<const int64_t*>(data[0] + i * strides[0]);
          body(piece * grain, std::min(size, (piece + 1) * grain));
        }
      },
      /*grain_size=*/1);
}

}  // namespace snclr
