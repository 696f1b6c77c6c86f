// SPDX-License-Identifier: MIT
#include "baselines/nnclr/make_nnclr.h"
#include "experiments/trainer/train_main.h"

int main(int argc, char** argv) {
  return snclr::TrainMain(
      "Trains NNCLR: nearest-neighbor contrastive learning (Dwibedi et al., "
      "arXiv:2104.14548).",
      {{"nnclr", snclr::MakeNnclrFromSpec}}, argc, argv);
}
