// SPDX-License-Identifier: MIT
#include <memory>
#include <utility>

#include "experiments/trainer/train_main.h"
#include "snclr/snclr_method.h"

int main(int argc, char** argv) {
  const snclr::MethodFactory factory =
      [](const snclr::ExperimentSpec& spec,
         std::shared_ptr<snclr::Encoder> encoder, snclr::ProcessGroup& group) {
        return snclr::MakeSnclr(spec.snclr(), spec.projector(),
                                spec.predictor(), std::move(encoder),
                                spec.seed(), group);
      };
  return snclr::TrainMain(
      "Trains SNCLR: soft neighbors are positive supporters (Ge et al., "
      "arXiv:2303.17142).",
      "snclr", factory, argc, argv);
}
