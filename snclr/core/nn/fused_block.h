// SPDX-License-Identifier: MIT
// A transformer block whose forward and backward pass are written out.
#ifndef SNCLR_CORE_NN_FUSED_BLOCK_H_
#define SNCLR_CORE_NN_FUSED_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

// Of one pre-norm block (vit_block.h). Matrices are [outputs, inputs].
struct BlockWeights {
  at::Tensor norm1_weight, norm1_bias;  // [E]
  at::Tensor qkv_weight, qkv_bias;      // [3E, E], [3E]
  at::Tensor proj_weight, proj_bias;    // [E, E], [E]
  at::Tensor norm2_weight, norm2_bias;  // [E]
  at::Tensor fc1_weight, fc1_bias;      // [H, E], [H]
  at::Tensor fc2_weight, fc2_bias;      // [E, H], [E]
};

struct BlockOptions {
  int64_t heads;
  double norm_epsilon;

  // Only the first token of each image is asked for: what no other block reads
  // is then not computed. Its keys and values still come from all tokens.
  bool first_token_only = false;
};

// x + attn(norm1(x)), then + mlp(norm2(...)), the same function as the modules
// of vit_block.h up to rounding, but on the CPU in fewer passes and less
// memory:
//
//   - biases and residuals are what the matrix products are added onto,
//   - the backward pass makes the norms' outputs and the GELU's anew from what
//     is kept: for each token 10 E numbers instead of 16 E (H = 4E),
//   - nothing but the result is kept where there is no gradient.
//
//   tokens   [N, L, E]  on the CPU, the weights' dtype; gradient flows
//   returns  [N, L, E], or [N, E] of the first tokens
//
// Throws c10::Error on other devices, and where a gradient of the gradient is
// asked for.
at::Tensor FusedBlock(const at::Tensor& tokens, const BlockWeights& weights,
                      const BlockOptions& options);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_FUSED_BLOCK_H_
