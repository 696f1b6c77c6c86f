// SPDX-License-Identifier: MIT
// The main() of every method's :train:
//
//   int main(int argc, char** argv) {
//     return snclr::TrainMain("Trains SNCLR (arXiv:2303.17142).", "snclr",
//                             MakeSnclrFromSpec, argc, argv);
//   }
#ifndef EXPERIMENTS_TRAINER_TRAIN_MAIN_H_
#define EXPERIMENTS_TRAINER_TRAIN_MAIN_H_

#include <string>

#include "experiments/trainer/learner.h"

namespace snclr {

// Flags, spec, training, exit status: 0 when the run is finished or at its step
// limit; 1 when it failed; 2 when the input was wrong; 128 plus the signal when
// SIGINT or SIGTERM ended it (after a checkpoint), as a shell has it. `method`
// is the arm of the spec's oneof that `factory` makes.
int TrainMain(const std::string& about, const std::string& method,
              const MethodFactory& factory, int argc, char** argv);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TRAIN_MAIN_H_
