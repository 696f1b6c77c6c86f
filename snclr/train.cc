// SPDX-License-Identifier: MIT
#include "experiments/trainer/train_main.h"
#include "snclr/make_snclr.h"

int main(int argc, char** argv) {
  return snclr::TrainMain(
      "Trains SNCLR: soft neighbors are positive supporters (Ge et al., "
      "arXiv:2303.17142).",
      {{"snclr", snclr::MakeSnclrFromSpec}}, argc, argv);
}
