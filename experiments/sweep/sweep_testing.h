// SPDX-License-Identifier: MIT
// What the sweep's tests share: a spec that trains in a second, sweeps on it.
#ifndef EXPERIMENTS_SWEEP_SWEEP_TESTING_H_
#define EXPERIMENTS_SWEEP_SWEEP_TESTING_H_

#include <string>

#include "snclr/core/base/files_testing.h"

namespace snclr {

// 24 steps of 16 tiny images, a checkpoint at every second one.
inline constexpr char kTinySpec[] = R"(
name: "tiny"
snclr { neighbors: 3 bank { rows: 50 } }
encoder { image_size_px: 16
          vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2
                patch_size_px: 8 freeze_patch_projection: false } }
projector { hidden_dim: 32 output_dim: 16 }
predictor { hidden_dim: 32 output_dim: 16 }
data { procedural { classes: 4 image_size_px: 16 }
       train_images: 96 test_images: 32 global_batch: 16 workers: 2 }
optimizer { base_lr: 1e-3 lr_scaling: NO_SCALING clip_gradient_norm: 5 }
schedule { epochs: 4 warmup_epochs: 1 }
evaluation { knn { every_epochs: 2 neighbors: 5 } }
checkpoint { every_steps: 2 }
tracking { every_steps: 1 tensorboard: false }
)";

// Writes tiny.textproto and sweep.textproto, the latter's path is returned.
inline std::string WriteSweep(const std::string& folder,
                              const std::string& sweep) {
  WriteText(folder + "/tiny.textproto", kTinySpec);
  WriteText(folder + "/sweep.textproto", sweep);
  return folder + "/sweep.textproto";
}

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SWEEP_TESTING_H_
