// SPDX-License-Identifier: MIT
#include "snclr/core/nn/fused_block.h"

#include <ATen/ops/add.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "snclr/core/ops/affine.h"
#include "snclr/core/ops/cpu_attention.h"

namespace snclr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Normalized {
  at::Tensor output;       // [M, E]
  at::Tensor mean;         // [M, 1]
  at::Tensor inverse_std;  // [M, 1]
};

Normalized Norm(const at::Tensor& rows, const at::Tensor& weight,
                const at::Tensor& bias, double epsilon) {
  auto [output, mean, inverse_std] =
      at::native_layer_norm(rows, weight.sizes(), weight, bias, epsilon);
  return {std::move(output), std::move(mean), std::move(inverse_std)};
}

struct NormGradients {
  at::Tensor rows, weight, bias;
};

NormGradients NormBackward(const at::Tensor& gradient, const at::Tensor& rows,
                           const at::Tensor& mean,
                           const at::Tensor& inverse_std,
                           const at::Tensor& weight, const at::Tensor& bias) {
  auto [d_rows, d_weight, d_bias] = at::native_layer_norm_backward(
      gradient, rows, weight.sizes(), mean, inverse_std, weight, bias,
      {true, true, true});
  return {std::move(d_rows), std::move(d_weight), std::move(d_bias)};
}

// Queries of some tokens, keys and values of all; views of what is stored.
Projections Split(const at::Tensor& query, const at::Tensor& key_value,
                  int64_t n, int64_t width) {
  const at::Tensor all = key_value.view({n, -1, key_value.size(1)});
  const int64_t begin = all.size(2) - 2 * width;
  return {query.defined() ? query.view({n, 1, width}) : all.narrow(2, 0, width),
          all.narrow(2, begin, width), all.narrow(2, begin + width, width)};
}

// What the backward pass needs, [M, ...] for all M = N L tokens or, from
// `middle` on, the Mq that are asked for.
struct Kept {
  at::Tensor tokens;  // [N, L, E]
  at::Tensor mean1, inverse_std1;
  at::Tensor query;      // [N, E]; undefined unless first_token_only
  at::Tensor key_value;  // [M, 2E], or [M, 3E] with the queries
  at::Tensor attended;   // [Mq, E]
  at::Tensor log_sum_exp;
  at::Tensor middle;  // [Mq, E], behind attention
  at::Tensor mean2, inverse_std2;
  at::Tensor hidden;  // [Mq, H], before the GELU

  variable_list List() const {
    return {tokens,    mean1,        inverse_std1, query,
            key_value, attended,     log_sum_exp,  middle,
            mean2,     inverse_std2, hidden};
  }
  static Kept Of(const variable_list& list) {
    return {list[0], list[1], list[2], list[3], list[4], list[5],
            list[6], list[7], list[8], list[9], list[10]};
  }
};

constexpr int kKept = 11;

BlockWeights WeightsOf(const variable_list& list, int begin) {
  const auto at = [&](int i) { return list[begin + i]; };
  return {at(0), at(1), at(2), at(3), at(4),  at(5),
          at(6), at(7), at(8), at(9), at(10), at(11)};
}

variable_list ListOf(const BlockWeights& w) {
  return {w.norm1_weight, w.norm1_bias, w.qkv_weight,   w.qkv_bias,
          w.proj_weight,  w.proj_bias,  w.norm2_weight, w.norm2_bias,
          w.fc1_weight,   w.fc1_bias,   w.fc2_weight,   w.fc2_bias};
}

// The first token of each image, or all, [Mq, E].
at::Tensor Asked(const at::Tensor& rows, int64_t n, bool first_token_only) {
  if (!first_token_only) return rows;
  return rows.view({n, -1, rows.size(1)}).select(1, 0);
}

// Fills `kept` where there is a gradient to come.
at::Tensor Forward(const at::Tensor& tokens, const BlockWeights& w,
                   const BlockOptions& options, Kept* kept) {
  const int64_t n = tokens.size(0), width = tokens.size(2);
  const bool first_only = options.first_token_only;
  const at::Tensor rows = tokens.view({-1, width});
  Normalized norm1 =
      Norm(rows, w.norm1_weight, w.norm1_bias, options.norm_epsilon);
  at::Tensor query, key_value;
  if (first_only) {
    query =
        Affine(Asked(norm1.output, n, true), w.qkv_weight.narrow(0, 0, width),
               w.qkv_bias.narrow(0, 0, width));
    key_value = Affine(norm1.output, w.qkv_weight.narrow(0, width, 2 * width),
                       w.qkv_bias.narrow(0, width, 2 * width));
  } else {
    key_value = Affine(norm1.output, w.qkv_weight, w.qkv_bias);
  }
  norm1.output.reset();
  const auto [mixed, log_sum_exp] =
      CpuAttention(Split(query, key_value, n, width), options.heads);
  const at::Tensor attended = mixed.view({-1, width});
  const at::Tensor middle = AffineOnto(Asked(rows, n, first_only), attended,
                                       w.proj_weight, w.proj_bias);
  Normalized norm2 =
      Norm(middle, w.norm2_weight, w.norm2_bias, options.norm_epsilon);
  at::Tensor hidden, active;
  if (kept != nullptr) {
    hidden = Affine(norm2.output, w.fc1_weight, w.fc1_bias);
    active = at::gelu(hidden);
  } else {
    active = AffineGelu(norm2.output, w.fc1_weight, w.fc1_bias);
  }
  norm2.output.reset();
  if (kept != nullptr) {
    *kept = {tokens,
             norm1.mean,
             norm1.inverse_std,
             query,
             key_value,
             attended,
             log_sum_exp,
             middle,
             norm2.mean,
             norm2.inverse_std,
             hidden};
  }
  const at::Tensor output =
      AffineOnto(middle, active, w.fc2_weight, w.fc2_bias);
  return first_only ? output : output.view(tokens.sizes());
}

// The gradients of all weights and, last, of the tokens.
struct Gradients {
  BlockWeights weights;
  at::Tensor tokens;  // [N, L, E]
};

// gradient^T rows, and the gradient's sum, as an affine map's weights get them.
void AffineBackward(const at::Tensor& gradient, const at::Tensor& rows,
                    at::Tensor* weight, at::Tensor* bias) {
  *weight = at::mm(gradient.t(), rows);
  *bias = gradient.sum(0);
}

// Through the MLP: of the output [Mq, E] to that of `middle`.
at::Tensor MlpBackward(const at::Tensor& d_output, const Kept& kept,
                       const BlockWeights& w, const BlockOptions& options,
                       BlockWeights* d) {
  at::Tensor wide = at::gelu(kept.hidden);  // then its gradient
  AffineBackward(d_output, wide, &d->fc2_weight, &d->fc2_bias);
  wide.reset();
  wide = TimesWeight(d_output, w.fc2_weight);
  at::gelu_backward_out(wide, wide, kept.hidden);
  at::Tensor rows =
      Norm(kept.middle, w.norm2_weight, w.norm2_bias, options.norm_epsilon)
          .output;  // then its gradient
  AffineBackward(wide, rows, &d->fc1_weight, &d->fc1_bias);
  rows = TimesWeight(wide, w.fc1_weight);
  NormGradients norm =
      NormBackward(rows, kept.middle, kept.mean2, kept.inverse_std2,
                   w.norm2_weight, w.norm2_bias);
  d->norm2_weight = std::move(norm.weight);
  d->norm2_bias = std::move(norm.bias);
  return norm.rows.add_(d_output);
}

// Through attention: of `attended` [Mq, E] to those of queries [Mq, E] (where
// they are apart, else undefined) and the rest [M, 2E or 3E].
std::pair<at::Tensor, at::Tensor> AttentionBackward(
    const at::Tensor& d_attended, const Kept& kept, int64_t n, int64_t width,
    int64_t heads) {
  const std::pair<at::Tensor, at::Tensor> d = {
      kept.query.defined() ? at::empty_like(kept.query) : at::Tensor(),
      at::empty_like(kept.key_value)};
  CpuAttentionBackward(d_attended.view({n, -1, width}),
                       Split(kept.query, kept.key_value, n, width),
                       {kept.attended.view({n, -1, width}), kept.log_sum_exp},
                       heads, Split(d.first, d.second, n, width));
  return d;
}

Gradients Backward(const at::Tensor& d_output, const Kept& kept,
                   const BlockWeights& w, const BlockOptions& options) {
  const int64_t n = kept.tokens.size(0), width = kept.tokens.size(2);
  Gradients gradients;
  BlockWeights& d = gradients.weights;
  const at::Tensor d_middle =
      MlpBackward(d_output.reshape({-1, width}), kept, w, options, &d);
  AffineBackward(d_middle, kept.attended, &d.proj_weight, &d.proj_bias);
  const auto [d_query, d_rest] = AttentionBackward(
      TimesWeight(d_middle, w.proj_weight), kept, n, width, options.heads);

  const at::Tensor tokens = kept.tokens.view({-1, width});
  at::Tensor rows =
      Norm(tokens, w.norm1_weight, w.norm1_bias, options.norm_epsilon)
          .output;  // then its gradient
  AffineBackward(d_rest, rows, &d.qkv_weight, &d.qkv_bias);
  if (d_query.defined()) {
    at::Tensor weight, bias;
    AffineBackward(d_query, Asked(rows, n, true), &weight, &bias);
    d.qkv_weight = at::cat({weight, d.qkv_weight});
    d.qkv_bias = at::cat({bias, d.qkv_bias});
    rows = TimesWeight(d_rest, w.qkv_weight.narrow(0, width, 2 * width));
    Asked(rows, n, true).addmm_(d_query, w.qkv_weight.narrow(0, 0, width));
  } else {
    rows = TimesWeight(d_rest, w.qkv_weight);
  }
  NormGradients norm = NormBackward(rows, tokens, kept.mean1, kept.inverse_std1,
                                    w.norm1_weight, w.norm1_bias);
  d.norm1_weight = std::move(norm.weight);
  d.norm1_bias = std::move(norm.bias);
  Asked(norm.rows, n, options.first_token_only).add_(d_middle);
  gradients.tokens = norm.rows.view(kept.tokens.sizes());
  return gradients;
}

class BlockFunction : public torch::autograd::Function<BlockFunction> {
 public:
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& tokens,
      const at::Tensor& norm1_weight, const at::Tensor& norm1_bias,
      const at::Tensor& qkv_weight, const at::Tensor& qkv_bias,
      const at::Tensor& proj_weight, const at::Tensor& proj_bias,
      const at::Tensor& norm2_weight, const at::Tensor& norm2_bias,
      const at::Tensor& fc1_weight, const at::Tensor& fc1_bias,
      const at::Tensor& fc2_weight, const at::Tensor& fc2_bias,
      const BlockOptions& options, bool with_gradient) {
    const BlockWeights weights = {
        norm1_weight, norm1_bias, qkv_weight, qkv_bias, proj_weight, proj_bias,
        norm2_weight, norm2_bias, fc1_weight, fc1_bias, fc2_weight,  fc2_bias};
    if (!with_gradient) return Forward(tokens, weights, options, nullptr);
    Kept kept;
    const at::Tensor output = Forward(tokens, weights, options, &kept);
    variable_list saved = kept.List();
    for (const at::Tensor& weight : ListOf(weights)) saved.push_back(weight);
    context->save_for_backward(std::move(saved));
    context->saved_data["heads"] = options.heads;
    context->saved_data["norm_epsilon"] = options.norm_epsilon;
    context->saved_data["first_token_only"] = options.first_token_only;
    return output;
  }

  static variable_list backward(AutogradContext* context,
                                variable_list d_outputs) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "FusedBlock has no second derivative");
    const variable_list saved = context->get_saved_variables();
    const Gradients gradients =
        Backward(d_outputs[0], Kept::Of(saved), WeightsOf(saved, kKept),
                 {context->saved_data["heads"].toInt(),
                  context->saved_data["norm_epsilon"].toDouble(),
                  context->saved_data["first_token_only"].toBool()});
    variable_list all = {gradients.tokens};
    for (at::Tensor& gradient : ListOf(gradients.weights)) {
      all.push_back(std::move(gradient));
    }
    all.resize(all.size() + 2);  // options and with_gradient have none
    return all;
  }
};

}  // namespace

at::Tensor FusedBlock(const at::Tensor& tokens, const BlockWeights& weights,
                      const BlockOptions& options) {
  const BlockWeights& w = weights;
  TORCH_CHECK(tokens.is_cpu() && tokens.dim() == 3 &&
                  tokens.size(2) == w.norm1_weight.size(0),
              "FusedBlock: tokens [N, L, ", w.norm1_weight.size(0),
              "] on the CPU wanted; got ", tokens.sizes(), " on ",
              tokens.device());
  bool with_gradient = tokens.requires_grad();
  for (const at::Tensor& weight : ListOf(w)) {
    with_gradient |= weight.requires_grad();
  }
  return BlockFunction::apply(
      tokens.contiguous(), w.norm1_weight, w.norm1_bias, w.qkv_weight,
      w.qkv_bias, w.proj_weight, w.proj_bias, w.norm2_weight, w.norm2_bias,
      w.fc1_weight, w.fc1_bias, w.fc2_weight, w.fc2_bias, options,
      with_gradient && c10::GradMode::is_enabled());
}

}  // namespace snclr
