// SPDX-License-Identifier: MIT
// A spec file with the files it builds on.
#ifndef EXPERIMENTS_PROTO_SPEC_FILE_H_
#define EXPERIMENTS_PROTO_SPEC_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/problems.h"

namespace snclr {

// Reads `path` and its bases (`base`, relative to the file that names it), each
// over its base: a field that a file sets holds, a message is merged field by
// field, another arm of a oneof replaces the base's arm. `base` is empty
// afterwards. What the files say wrong, a missing base and a circle of bases go
// to `problems`. NotFound where `path` itself cannot be read.
absl::Status ReadSpecFile(const std::string& path, ExperimentSpec* spec,
                          Places* places, Problems* problems);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_SPEC_FILE_H_
