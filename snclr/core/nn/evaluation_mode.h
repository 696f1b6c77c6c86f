// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_EVALUATION_MODE_H_
#define SNCLR_CORE_NN_EVALUATION_MODE_H_

#include <torch/nn/module.h>

namespace snclr {

// A module in evaluation mode for as long as this lives, then as it was.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& module)
      : module_(module), was_training_(module.is_training()) {
    module_.eval();
  }
  ~EvaluationMode() { module_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& module_;
  const bool was_training_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_EVALUATION_MODE_H_
