// SPDX-License-Identifier: MIT
#include "snclr/core/nn/initialization.h"

#include <ATen/Dispatch.h>
#include <c10/util/Exception.h>

#include <cmath>

#include "snclr/core/base/random.h"

namespace snclr {
namespace {

// FNV-1a: the same number on every machine and in every version.
uint64_t NameHash(const std::string& name) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const unsigned char letter : name) {
    hash = (hash ^ letter) * 0x100000001B3;
  }
  return hash;
}

template <typename Draw>
void Fill(at::Tensor& parameter, uint64_t seed, const std::string& name,
          const Draw& draw) {
  TORCH_CHECK(parameter.is_cpu() && parameter.is_contiguous(), "'", name,
              "': initial weights are drawn on the CPU, contiguous");
  Random random(seed, {kStreamWeights, NameHash(name)});
  AT_DISPATCH_FLOATING_TYPES(parameter.scalar_type(), "initialization", [&] {
    scalar_t* values = parameter.data_ptr<scalar_t>();
    for (int64_t i = 0; i < parameter.numel(); ++i) {
      values[i] = static_cast<scalar_t>(draw(random));
    }
  });
}

}  // namespace

void FillUniform(at::Tensor parameter, double bound, uint64_t seed,
                 const std::string& name) {
  Fill(parameter, seed, name,
       [bound](Random& random) { return random.Uniform(-bound, bound); });
}

void FillNormal(at::Tensor parameter, double std, uint64_t seed,
                const std::string& name) {
  Fill(parameter, seed, name,
       [std](Random& random) { return std * random.Normal(); });
}

double XavierBound(int64_t fan_in, int64_t fan_out) {
  return std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
}

}  // namespace snclr
