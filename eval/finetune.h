// SPDX-License-Identifier: MIT
// End-to-end training of an encoder and a linear head on labels (eval.proto,
// FinetuneSpec).
#ifndef EVAL_FINETUNE_H_
#define EVAL_FINETUNE_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/loading/loader.h"
#include "data/views/augmentation.pb.h"
#include "eval/eval.pb.h"
#include "eval/labelled_data.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

struct FinetuneOptions {
  FinetuneSpec spec;       // resolved
  AugmentationSpec views;  // its eval and normalize; spec has the view
  EvalOptions loading;     // of the test images
  uint64_t seed = 1;       // of head, order, views and mixing
};

// How far it is, after a step.
struct FinetuneStep {
  int64_t step = 0;  // steps done
  int64_t total_steps = 0;
  int64_t epoch = 0;  // under way, from 1
  int64_t epochs = 0;
  int64_t batch = 0;
  double loss = 0;
  double learning_rate = 0;  // of the head
};

struct FinetuneResult {
  double top1 = 0;  // percent of the test images, after the last step
  double top5 = 0;
  double loss = 0;  // of the last step
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t train_images = 0;
  int64_t test_images = 0;
  double drop_path = 0;  // 0 for an encoder without branches
};

// Trains every weight of `encoder`, frozen ones too, and a new head. On the CPU
// nothing but the encoder, the data and the options decides the result. Not OK
// from `after_step` ends it with that status. Internal where the loss is no
// number; else errors of MakeLoader, Loader and ExtractFeatures.
absl::StatusOr<FinetuneResult> Finetune(
    Encoder& encoder, const LabelledData& data, const FinetuneOptions& options,
    const std::function<absl::Status(const FinetuneStep&)>& after_step);

}  // namespace snclr

#endif  // EVAL_FINETUNE_H_
