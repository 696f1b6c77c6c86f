// SPDX-License-Identifier: MIT
// The main() of every method's :train:
//
//   int main(int argc, char** argv) {
//     return snclr::TrainMain("Trains SNCLR (arXiv:2303.17142).",
//                             {{"snclr", MakeSnclrFromSpec}}, argc, argv);
//   }
#ifndef EXPERIMENTS_TRAINER_TRAIN_MAIN_H_
#define EXPERIMENTS_TRAINER_TRAIN_MAIN_H_

#include <map>
#include <string>

#include "experiments/trainer/learner.h"

namespace snclr {

// How to make a method, by the name of its arm in the spec's oneof.
using MethodFactories = std::map<std::string, MethodFactory>;

// Flags, spec, training, exit status: 0 when the run is finished or at its step
// limit; 1 when it failed; 2 when the input was wrong; 128 plus the signal when
// SIGINT or SIGTERM ended it (after a checkpoint), as a shell has it. `methods`
// are those that this program trains.
int TrainMain(const std::string& about, const MethodFactories& methods,
              int argc, char** argv);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TRAIN_MAIN_H_
