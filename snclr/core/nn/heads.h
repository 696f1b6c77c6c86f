// SPDX-License-Identifier: MIT
// Projector and predictor: the multi-layer perceptrons above an encoder.
#ifndef SNCLR_CORE_NN_HEADS_H_
#define SNCLR_CORE_NN_HEADS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/batch_norm.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/nn/linear.h"

namespace snclr {

// The defaults are MoCo v3's and SNCLR's head; the last four fields say how
// others differ. lightly's NNCLR projector: last_norm_affine; its predictor:
// last_norm false, last_linear_bias true; solo-learn's are these with
// hidden_linear_bias and last_linear_bias.
struct MlpHeadOptions {
  int64_t layers;                 // Linear layers, >= 1
  int64_t input_dim;              // I
  int64_t hidden_dim;             // width between layers
  int64_t output_dim;             // O
  bool last_norm = true;          // BatchNorm behind the last Linear
  bool last_norm_affine = false;  // with weight and bias
  bool last_linear_bias = false;
  bool hidden_linear_bias = false;  // of the other Linears

  // Leaves input_dim 0.
  static MlpHeadOptions FromSpec(const HeadSpec& spec);
};

// Linear without bias, BatchNorm, ReLU; after the last Linear a BatchNorm
// without weight and bias (MoCo v3, moco/builder.py, _build_mlp). Names of
// parameters and buffers are those of a torch Sequential: "0.weight",
// "1.weight", "1.running_mean", "3.weight", ...
//
// Weights and biases are PyTorch's default for a Linear, U(-1/sqrt(in),
// 1/sqrt(in)), drawn from `seed` and `name` + the parameter's name: a head's
// initial weights depend on nothing else.
class MlpHead : public torch::nn::Module {
 public:
  // `name` is where the head stands, "projector" or "predictor". Batch norm's
  // statistics go over all ranks of `group`, which must outlive the head.
  // Throws c10::Error on sizes below 1.
  MlpHead(const MlpHeadOptions& options, ProcessGroup& group, uint64_t seed,
          const std::string& name);

  // [B, I] -> [B, O]. In training it normalises by its own batch and moves the
  // running statistics; in evaluation, eval(), it normalises by those.
  // Communicates where W > 1.
  //
  // With `views` above 1 the rows are those of so many views, [views B, I], one
  // view behind the other, and each is normalised by itself, as by a call for
  // each (as published); but the matrices, larger than all that goes through
  // them, are read once, and get their gradient in one piece.
  at::Tensor Forward(const at::Tensor& features, int64_t views = 1);

  const MlpHeadOptions& options() const { return options_; }

 private:
  MlpHeadOptions options_;
  std::vector<std::shared_ptr<Linear>> linears_;
  std::vector<std::shared_ptr<BatchNorm>> norms_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_HEADS_H_
