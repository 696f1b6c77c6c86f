// SPDX-License-Identifier: MIT
// Golden files against this code. A golden file holds inputs of one computation
// and what the published code gave for them; its metadata's `case` says which
// computation, and everything else about it (sizes, variants, hyper-parameters)
// stands in metadata and shapes. File names say nothing.
#ifndef TOOLS_CONFORMANCE_CONFORMANCE_H_
#define TOOLS_CONFORMANCE_CONFORMANCE_H_

#include <c10/core/Device.h>

#include <ostream>
#include <string>

#include "absl/status/statusor.h"

namespace snclr {

struct ConformanceSummary {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

// Checks every *.safetensors file of `folder`, in order of name, and writes a
// line for each:
//
//   passed   snclr_loss__w2_a  16 compared, largest difference 2e-07 absolute,
//   ...
//
// on `device`, but for what is of the CPU alone (cases.h). A failed case has
// its failures in indented lines below, a skipped one says why. NotFound where
// there is no such folder or no golden file in it; DataLoss or InvalidArgument,
// before anything is checked, naming every file that is no golden file.
absl::StatusOr<ConformanceSummary> RunConformance(const std::string& folder,
                                                  std::ostream& out,
                                                  at::Device device = at::kCPU);

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_CONFORMANCE_H_
