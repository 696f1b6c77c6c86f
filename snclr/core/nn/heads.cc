// SPDX-License-Identifier: MIT
#include "snclr/core/nn/heads.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <c10/util/Exception.h>

#include <cmath>

#include "snclr/core/nn/initialization.h"

namespace snclr {

MlpHeadOptions MlpHeadOptions::FromSpec(const HeadSpec& spec) {
  MlpHeadOptions options{};
  options.layers = spec.layers();
  options.hidden_dim = spec.hidden_dim();
  options.output_dim = spec.output_dim();
  options.last_norm = !spec.has_last_norm() || spec.last_norm();
  return options;
}

MlpHead::MlpHead(const MlpHeadOptions& options, ProcessGroup& group,
                 uint64_t seed, const std::string& name)
    : options_(options) {
  TORCH_CHECK(options.layers >= 1, name, " of ", options.layers, " layers");
  // Linear, BatchNorm and ReLU each take an index in the Sequential whose names
  // these are.
  int64_t index = 0;
  for (int64_t layer = 0; layer < options.layers; ++layer, index += 3) {
    const bool last = layer + 1 == options.layers;
    const int64_t in = layer == 0 ? options.input_dim : options.hidden_dim;
    const int64_t out = last ? options.output_dim : options.hidden_dim;
    const std::string child = std::to_string(index);
    auto linear = std::make_shared<Linear>(
        in, out, last ? options.last_linear_bias : options.hidden_linear_bias);
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    FillUniform(linear->weight, bound, seed, name + "." + child + ".weight");
    if (linear->bias.defined()) {
      FillUniform(linear->bias, bound, seed, name + "." + child + ".bias");
    }
    linears_.push_back(register_module(child, std::move(linear)));
    if (last && !options.last_norm) break;
    BatchNormOptions norm{out};
    norm.affine = !last || options.last_norm_affine;
    norms_.push_back(register_module(std::to_string(index + 1),
                                     std::make_shared<BatchNorm>(norm, group)));
  }
}

namespace {

at::Tensor NormOfEach(BatchNorm& norm, const at::Tensor& rows, int64_t views) {
  if (views == 1) return norm.Forward(rows);
  std::vector<at::Tensor> each = rows.chunk(views);
  for (at::Tensor& view : each) view = norm.Forward(view);
  return at::cat(each);
}

}  // namespace

at::Tensor MlpHead::Forward(const at::Tensor& features, int64_t views) {
  TORCH_CHECK(views >= 1 && features.size(0) % views == 0, "a head got ",
              features.size(0), " rows of ", views, " views");
  at::Tensor x = features;
  for (size_t layer = 0; layer < linears_.size(); ++layer) {
    x = linears_[layer]->Forward(x);
    if (layer < norms_.size()) x = NormOfEach(*norms_[layer], x, views);
    if (layer + 1 < linears_.size()) x = at::relu(x);
  }
  return x;
}

}  // namespace snclr
