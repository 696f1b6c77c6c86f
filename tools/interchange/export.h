// SPDX-License-Identifier: MIT
// What //tools:export does: a checkpoint's encoder, as other programs read it.
#ifndef TOOLS_INTERCHANGE_EXPORT_H_
#define TOOLS_INTERCHANGE_EXPORT_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace snclr {

struct ExportCommand {
  // A checkpoint file, a run folder (its newest undamaged checkpoint), or a run
  // "<name>/<id>" below `out`.
  std::string checkpoint;
  std::string out;

  std::string to;  // the file to write

  std::string names = "timm";          // names.h, NamingOf
  std::string format = "safetensors";  // or pytorch, torchscript
  std::string part = "encoder";        // names.h, PartOf
};

// Writes the file, whole or not at all, and then to `out` what is in it and how
// it is loaded. NotFound where there is no such checkpoint; InvalidArgument for
// a name, format or part that is not known or that do not go together;
// FailedPrecondition where the checkpoint has no such part; DataLoss where it
// is damaged; what WriteFileAtomically says.
absl::Status RunExport(const ExportCommand& command, std::ostream& out);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_EXPORT_H_
