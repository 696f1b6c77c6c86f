// SPDX-License-Identifier: MIT
// The momentum encoder: a module whose parameters follow another's by an
// exponential moving average (He et al., MoCo, arXiv:1911.05722, Eq. 2). The
// average itself is snclr/core/optim/ema.h; here is how the copy begins.
//
//   auto momentum_encoder = *MakeEncoder(spec, seed);
//   BecomeMomentumCopy(*encoder, *momentum_encoder);
//   NamedTensors momentum =
//       MomentumParameters(*encoder, *momentum_encoder, "momentum_encoder");
#ifndef SNCLR_CORE_NN_MOMENTUM_COPY_H_
#define SNCLR_CORE_NN_MOMENTUM_COPY_H_

#include <torch/nn/module.h>

#include <string>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Gives `copy`, a module of the same structure, the parameters and buffers of
// `source` by value and takes its parameters out of training. From then on its
// buffers are its own: the published code neither copies nor averages batch
// norm's running statistics.
//
// Throws c10::Error naming the first tensor that the two do not share.
void BecomeMomentumCopy(const torch::nn::Module& source,
                        torch::nn::Module& copy);

// The parameters of `copy` whose counterpart in `source` is trained, in the
// order of TrainedParameters(source): what the average moves. The frozen rest
// is equal and stays so.
NamedTensors MomentumParameters(const torch::nn::Module& source,
                                const torch::nn::Module& copy,
                                const std::string& prefix);

// What else belongs to the copy's state: the parameters that MomentumParameters
// leaves out, then its buffers.
NamedTensors MomentumState(const torch::nn::Module& source,
                           const torch::nn::Module& copy,
                           const std::string& prefix);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_MOMENTUM_COPY_H_
