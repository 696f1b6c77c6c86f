// SPDX-License-Identifier: MIT
// Tells a person what filled the GPU's memory, and what to lower.
#ifndef EXPERIMENTS_TRAINER_OUT_OF_MEMORY_H_
#define EXPERIMENTS_TRAINER_OUT_OF_MEMORY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/learner.h"

namespace snclr {

// In bytes.
struct MemoryShares {
  int64_t total = 0;    // the device has
  int64_t peak = 0;     // this process had at most
  int64_t weights = 0;  // weights, gradients, moments, the momentum copy
  int64_t bank = 0;
};

// "out of GPU memory (79.1 GiB; tried to allocate 2.00 GiB): weights and
// optimizer 0.4 GiB, bank 0.1 GiB, the rest 77.2 GiB, for the step of 4096
// images: lower data.global_batch". `doing` is what the rest was for, and
// `field` what makes less of it; where the bank is the larger part, its field
// is named in its place. LibTorch's text says how much was asked for.
std::string DescribeOutOfMemory(const ExperimentSpec& spec,
                                const MemoryShares& shares,
                                const std::string& torch_text,
                                const std::string& doing,
                                const std::string& field);

// The same in place of a ResourceExhausted that LibTorch's allocator for GPUs
// has thrown; any other status, and a learner on the CPU, as it is.
absl::Status ExplainOutOfMemory(const absl::Status& status,
                                const ExperimentSpec& spec, Learner& learner,
                                const std::string& doing,
                                const std::string& field);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_OUT_OF_MEMORY_H_
