// SPDX-License-Identifier: MIT
#include "experiments/proto/dependent_defaults.h"

namespace snclr {
namespace {

// AdamW's are MoCo v3's for ViT. What another kind needs and has no default
// for, and what it has no use for, CheckSpec reports.
void FillOptimizerDefaults(OptimizerSpec* optimizer) {
  if (optimizer->kind() == ADAMW) {
    if (!optimizer->has_base_lr()) optimizer->set_base_lr(1.5e-4);
    if (!optimizer->has_weight_decay()) optimizer->set_weight_decay(0.1);
    if (!optimizer->has_beta1()) optimizer->set_beta1(0.9);
    if (!optimizer->has_beta2()) optimizer->set_beta2(0.999);
    if (!optimizer->has_epsilon()) optimizer->set_epsilon(1e-8);
  } else if (!optimizer->has_momentum()) {
    optimizer->set_momentum(0.9);
  }
  if (optimizer->kind() == LARS) {
    if (!optimizer->has_trust_coefficient()) {
      optimizer->set_trust_coefficient(0.001);
    }
    if (!optimizer->has_clip_trust_ratio()) {
      optimizer->set_clip_trust_ratio(false);
    }
  } else if (!optimizer->has_decay_all()) {
    optimizer->set_decay_all(true);
  }
}

}  // namespace

void FillDependentDefaults(ExperimentSpec* spec) {
  FillOptimizerDefaults(spec->mutable_optimizer());
  // Published: MoCo v3's predictor above a ResNet ends with its Linear. NNCLR's
  // heads have ends of their own.
  if (spec->encoder().has_resnet() && !spec->has_nnclr() &&
      !spec->predictor().has_last_norm()) {
    spec->mutable_predictor()->set_last_norm(false);
  }
  if (spec->data().has_procedural()) {
    DataSpec* data = spec->mutable_data();
    if (!data->has_train_images()) data->set_train_images(4000);
    if (!data->has_test_images()) data->set_test_images(1000);
  }
}

}  // namespace snclr
