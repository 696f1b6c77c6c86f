// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_PROTO_INITIAL_WEIGHTS_H_
#define EXPERIMENTS_PROTO_INITIAL_WEIGHTS_H_

#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/problems.h"

namespace snclr {

// Makes ExperimentSpec.initial_weights say which weights they are, wherever its
// file lies: `file` becomes absolute, and `checksum` the file's CRC-32C. A file
// that cannot be read, or that has another checksum than the spec wants, is a
// problem. Nothing where a spec has no initial weights.
void ResolveInitialWeights(const Places& places, ExperimentSpec* spec,
                           Problems* problems);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_INITIAL_WEIGHTS_H_
