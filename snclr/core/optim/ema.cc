// SPDX-License-Identifier: MIT
#include "snclr/core/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include "snclr/core/ops/parallel.h"
#include "snclr/core/ops/vector_clones.h"

namespace snclr {
namespace {

constexpr int64_t kGrain = 1 << 15;  // elements: a piece stays in the L2 cache

template <typename T>
SNCLR_INLINE void MoveTowards(const T* __restrict__ trained,
                              T* __restrict__ momentum, int64_t n, T m,
                              T rest) {
  for (int64_t i = 0; i < n; ++i) {
    momentum[i] = momentum[i] * m + trained[i] * rest;
  }
}

SNCLR_VECTOR_CLONES void MoveFloats(const float* trained, float* momentum,
                                    int64_t n, double m) {
  MoveTowards<float>(trained, momentum, n, m, 1 - m);
}

SNCLR_VECTOR_CLONES void MoveDoubles(const double* trained, double* momentum,
                                     int64_t n, double m) {
  MoveTowards<double>(trained, momentum, n, m, 1 - m);
}

}  // namespace

void CheckEmaTarget(const FlatParameters& trained, const EmaTarget& target) {
  TORCH_CHECK(target.m >= 0 && target.m <= 1, "a momentum of ", target.m,
              ", wanted 0 to 1");
  const auto& segments = trained.segments();
  const auto& copies = target.momentum.segments();
  TORCH_CHECK(copies.size() <= segments.size(), "a momentum copy of ",
              copies.size(), " parameters, trained are ", segments.size());
  for (size_t i = 0; i < copies.size(); ++i) {
    TORCH_CHECK(copies[i].offset == segments[i].offset &&
                    copies[i].shape == segments[i].shape,
                "momentum parameter '", copies[i].name, "' of shape ",
                at::IntArrayRef(copies[i].shape), " stands where the trained '",
                segments[i].name, "' of shape ",
                at::IntArrayRef(segments[i].shape), " does");
  }
  TORCH_CHECK(
      target.momentum.values().options().type_equal(trained.values().options()),
      "a momentum copy of another dtype or device");
}

void UpdateEma(const FlatParameters& trained, const EmaTarget& target) {
  CheckEmaTarget(trained, target);
  const at::NoGradGuard no_grad;
  at::Tensor momentum = target.momentum.values();
  const at::Tensor values = trained.values().narrow(0, 0, momentum.numel());
  const double m = target.m;
  if (!momentum.is_cpu()) {
    momentum.mul_(m).add_(values, 1 - m);
    return;
  }
  TORCH_CHECK(momentum.scalar_type() == at::kFloat ||
                  momentum.scalar_type() == at::kDouble,
              "a momentum copy of dtype ", momentum.scalar_type());
  ParallelFor(momentum.numel(), kGrain, [&](int64_t begin, int64_t end) {
    if (momentum.scalar_type() == at::kFloat) {
      MoveFloats(values.const_data_ptr<float>() + begin,
                 momentum.data_ptr<float>() + begin, end - begin, m);
    } else {
      MoveDoubles(values.const_data_ptr<double>() + begin,
                  momentum.data_ptr<double>() + begin, end - begin, m);
    }
  });
}

}  // namespace snclr
