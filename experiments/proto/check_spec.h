// SPDX-License-Identifier: MIT
// What must hold between the fields of an experiment; what holds for one field
// alone stands beside it in its .proto file.
#ifndef EXPERIMENTS_PROTO_CHECK_SPEC_H_
#define EXPERIMENTS_PROTO_CHECK_SPEC_H_

#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/problems.h"

namespace snclr {

// `spec` has its defaults. What needs the data itself (a batch larger than the
// data set) is the loader's to check, what needs the number of ranks the
// trainer's.
void CheckSpec(const ExperimentSpec& spec, const Places& places,
               Problems* problems);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_CHECK_SPEC_H_
