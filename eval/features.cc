// SPDX-License-Identifier: MIT
#include "eval/features.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// Evaluation mode, and back to what was.
class EvaluationMode {
 public:
  explicit EvaluationMode(Encoder& encoder)
      : encoder_(encoder), was_training_(encoder.is_training()) {
    encoder_.eval();
  }
  ~EvaluationMode() { encoder_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Encoder& encoder_;
  const bool was_training_;
};

at::Device DeviceOf(const Encoder& encoder) {
  const auto parameters = encoder.parameters();
  return parameters.empty() ? at::Device(at::kCPU) : parameters[0].device();
}

}  // namespace

absl::StatusOr<Features> ExtractFeatures(Encoder& encoder, const Source& source,
                                         const AugmentationSpec& views,
                                         EvalOptions options) {
  options.image_size_px = encoder.spec().image_size_px();
  const EvaluationMode mode(encoder);
  Features result;
  RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    const at::NoGradGuard no_grad;
    const at::Device device = DeviceOf(encoder);
    std::vector<at::Tensor> features, labels, indices;
    RETURN_IF_ERROR(
        ForEachEvalBatch(source, views, options, [&](const EvalBatch& batch) {
          features.push_back(encoder.Forward(batch.images.to(device))
                                 .to(at::kCPU, at::kFloat));
          labels.push_back(batch.label);
          indices.push_back(batch.index);
          return absl::OkStatus();
        }));
    const int64_t asked = ImagesAsked(options, source);
    if (features.empty()) {
      return absl::DataLossError(
          absl::StrCat("none of the ", asked, " images could be read"));
    }
    result.features = at::cat(features);
    result.labels = at::cat(labels);
    result.index = at::cat(indices);
    result.broken = asked - result.features.size(0);
    return absl::OkStatus();
  }));
  return result;
}

}  // namespace snclr
