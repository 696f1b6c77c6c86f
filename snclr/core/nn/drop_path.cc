// SPDX-License-Identifier: MIT
#include "snclr/core/nn/drop_path.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace snclr {

at::Tensor DropPathScales(double rate, int64_t branches, int64_t images,
                          Random random) {
  TORCH_CHECK(rate >= 0 && rate < 1, "a drop path rate of ", rate,
              ", wanted one in [0, 1)");
  if (rate == 0 || branches == 0) return at::Tensor();
  const at::Tensor scales = at::empty({branches, images}, at::kFloat);
  float* scale = scales.data_ptr<float>();
  const int64_t last = std::max<int64_t>(branches / 2 - 1, 1);
  for (int64_t branch = 0; branch < branches; ++branch) {
    const double dropped =
        rate * static_cast<double>(branch / 2) / static_cast<double>(last);
    for (int64_t i = 0; i < images; ++i) {
      *scale++ = random.Uniform() < dropped
                     ? 0.0f
                     : static_cast<float>(1 / (1 - dropped));
    }
  }
  return scales;
}

}  // namespace snclr
