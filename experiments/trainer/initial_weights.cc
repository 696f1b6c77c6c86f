// SPDX-License-Identifier: MIT
#include "experiments/trainer/initial_weights.h"

#include <ATen/core/grad_mode.h>

#include <memory>
#include <string>

#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/restore.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// `wanted`, with what decides how an encoder is trained and not what it
// computes taken from `saved`.
EncoderSpec AsComputing(EncoderSpec wanted, const EncoderSpec& saved) {
  if (wanted.has_vit() && saved.has_vit()) {
    wanted.mutable_vit()->set_freeze_patch_projection(
        saved.vit().freeze_patch_projection());
  }
  if (wanted.has_resnet() && saved.has_resnet()) {
    wanted.mutable_resnet()->set_zero_init_residual(
        saved.resnet().zero_init_residual());
  }
  return wanted;
}

absl::Status Load(const std::string& path, Encoder& encoder) {
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpoint(path));
  ASSIGN_OR_RETURN(const std::shared_ptr<Encoder> saved, EncoderOf(checkpoint));
  RETURN_IF_ERROR(
      CheckSameEncoder(checkpoint, AsComputing(encoder.spec(), saved->spec())))
      << path;
  return CatchTorch([&] {
    const at::NoGradGuard no_grad;
    const auto parameters = saved->named_parameters();
    for (const auto& item : encoder.named_parameters()) {
      at::Tensor(item.value()).copy_(parameters[item.key()]);
    }
    const auto buffers = saved->named_buffers();
    for (const auto& item : encoder.named_buffers()) {
      at::Tensor(item.value()).copy_(buffers[item.key()]);
    }
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status LoadInitialWeights(const ExperimentSpec& spec, Encoder& encoder) {
  if (!spec.has_initial_weights()) return absl::OkStatus();
  RETURN_IF_ERROR(Load(spec.initial_weights().file(), encoder))
      << "initial_weights.file";
  return absl::OkStatus();
}

}  // namespace snclr
