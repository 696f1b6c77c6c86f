// SPDX-License-Identifier: MIT
#include "experiments/sweep/trial_order.h"

#include "absl/strings/str_cat.h"

namespace snclr {

TrialCommand CommandOf(const std::string& hash, const TrialOrder& order) {
  TrialCommand command;
  command.hash = hash;
  command.log = order.log;
  // The run is named, or a new one asked for: --resume=auto could take one that
  // another process is about to go on with.
  command.arguments = {
      order.program,
      absl::StrCat("--spec=", order.spec),
      absl::StrCat("--out=", order.out),
      absl::StrCat("--db=", order.db),
      absl::StrCat("--resume=", order.run.empty() ? "never" : order.run),
  };
  if (order.max_steps > 0) {
    command.arguments.push_back(absl::StrCat("--max_steps=", order.max_steps));
  }
  return command;
}

}  // namespace snclr
