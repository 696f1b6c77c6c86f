// SPDX-License-Identifier: MIT
#include "experiments/registry/methods.h"
#include "experiments/trainer/train_main.h"

int main(int argc, char** argv) {
  return snclr::TrainMain("Trains the method that the spec names.",
                          snclr::RegisteredMethods(), argc, argv);
}
