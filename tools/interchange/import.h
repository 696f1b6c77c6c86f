// SPDX-License-Identifier: MIT
// What //tools:import does: a checkpoint of another program becomes one of this
// project, with an encoder that every evaluation takes.
#ifndef TOOLS_INTERCHANGE_IMPORT_H_
#define TOOLS_INTERCHANGE_IMPORT_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

struct ImportCommand {
  std::string from;  // safetensors, or a file of torch.save or torch.jit.save

  // A file, or an existing folder, which then gets the checkpoint of a run.
  std::string to;

  std::string part = "encoder";  // or momentum_encoder

  // Attention heads, where the file does not say. 0: it has to.
  int64_t heads = 0;

  // The experiment that the checkpoint is to belong to: its data and
  // evaluation, and an encoder that must be the file's. Empty: none, and the
  // data is said when it is evaluated.
  std::string spec;

  // An image folder, in place of the data of `spec`.
  std::string data;

  // Fields of the spec to set, as --set does.
  std::vector<std::string> assignments;
};

// Reads, checks every tensor, writes, and says to `out` what was taken and what
// was left. Runs no code from the file. NotFound; InvalidArgument where the
// file is no checkpoint, asks for what is refused, is of another architecture,
// or the heads are not known; FailedPrecondition where its encoder is not the
// spec's; DataLoss where it is damaged. On an error nothing is written.
absl::Status RunImport(const ImportCommand& command, std::ostream& out);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_IMPORT_H_
