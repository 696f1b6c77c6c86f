// SPDX-License-Identifier: MIT
// What a training is asked for beside its spec, and what it answers.
#ifndef EXPERIMENTS_TRAINER_TRAIN_OPTIONS_H_
#define EXPERIMENTS_TRAINER_TRAIN_OPTIONS_H_

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "snclr/core/base/device.h"

namespace snclr {

struct TrainOptions {
  std::string out;              // output folder, absolute
  std::string db;               // the tracker's database, absolute
  std::string resume = "auto";  // run_folder.h
  int64_t max_steps = 0;  // stop when so many are done in all; 0: no limit
  bool profile = false;   // record some steps (profile.h)
  std::string source_folder = ".";  // of the checkout, for commit and diff
  std::FILE* screen = stdout;       // where progress goes
  ComputeDevice device;             // opened
};

struct TrainResult {
  std::string run;     // "<name>/<id>"
  std::string folder;  // absolute
  int64_t step = 0;    // steps done
  bool finished = false;
  int signal = 0;                         // the one that stopped it, or 0
  std::string weights;                    // checksum (restore.h)
  std::map<std::string, double> results;  // "knn_top1_untrained", "knn_top1"
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TRAIN_OPTIONS_H_
