// SPDX-License-Identifier: MIT
// What a run is, in the lines that it prints first.
#ifndef EXPERIMENTS_TRAINER_RUN_FACTS_H_
#define EXPERIMENTS_TRAINER_RUN_FACTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/source.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/learner.h"
#include "snclr/core/method.h"

namespace snclr {

using Facts = std::vector<std::pair<std::string, std::string>>;

// "ViT, width 96, 4 blocks, 3 heads, 8 px patches, images of 32 px".
std::string DescribeEncoder(const EncoderSpec& spec);

// "procedural: 4,000 training and 1,000 test images, 10 classes". `test` may be
// null.
std::string DescribeData(const DataSpec& spec, const Source& train,
                         const Source* test);

// "40 epochs of 31 steps, 1,240 in all, 128 images each".
std::string DescribeSchedule(const ExperimentSpec& spec,
                             int64_t steps_per_epoch);

// "AdamW, learning rate up to 5.0e-04 after 4 epochs of warm-up, weight decay
// 0.1".
std::string DescribeOptimizer(const ExperimentSpec& spec);

// "between 3.50 and 4.50: <why>".
std::string DescribeBand(const LossBand& band);

// Number of values in all these tensors.
int64_t CountValues(const NamedTensors& tensors);

// What the encoder is before the first step: "untrained", or "before training"
// where the run begins with given weights.
std::string BeforeTraining(const ExperimentSpec& spec);

// `path` as seen from where the command was typed, where that is shorter.
std::string ShortPath(const std::string& path);

// All of it, in order.
Facts RunFacts(const ExperimentSpec& spec, Learner& learner,
               const Source& train, const Source* test,
               const std::string& folder, const std::string& device,
               int threads, int64_t ranks);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RUN_FACTS_H_
