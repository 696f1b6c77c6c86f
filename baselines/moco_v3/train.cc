// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/make_moco_v3.h"
#include "experiments/trainer/train_main.h"

int main(int argc, char** argv) {
  return snclr::TrainMain(
      "Trains MoCo v3: momentum contrast for vision transformers (Chen et al., "
      "arXiv:2104.02057).",
      {{"moco_v3", snclr::MakeMocoV3FromSpec}}, argc, argv);
}
