// SPDX-License-Identifier: MIT
#include "experiments/process/slurm.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "experiments/process/command_output.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// The value of "Name=value" in scontrol's one-line form; "" for "(null)".
std::string FieldOf(const std::string& text, const std::string& name) {
  for (absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&word, name + "=")) {
      return word == "(null)" ? "" : std::string(word);
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> SubmitToSlurm(const std::string& script) {
  ASSIGN_OR_RETURN(const std::string said,
                   CommandOutput({"sbatch", "--parsable", script}));
  // "123" or "123;cluster", perhaps after a warning.
  const std::vector<std::string> lines =
      absl::StrSplit(absl::StripAsciiWhitespace(said), '\n');
  return lines.back().substr(0, lines.back().find(';'));
}

SlurmJob ParseSlurmJob(const std::string& text) {
  SlurmJob job;
  job.state = FieldOf(text, "JobState");
  job.reason = FieldOf(text, "Reason");
  job.nodes = FieldOf(text, "NodeList");
  const std::vector<std::string> codes =
      absl::StrSplit(FieldOf(text, "ExitCode"), ':');
  if (codes.size() != 2 || !absl::SimpleAtoi(codes[0], &job.exit_status) ||
      !absl::SimpleAtoi(codes[1], &job.signal)) {
    job.exit_status = job.signal = 0;
  }
  if (!absl::SimpleAtoi(FieldOf(text, "Restarts"), &job.restarts)) {
    job.restarts = 0;
  }
  return job;
}

absl::StatusOr<SlurmJob> AskSlurmJob(const std::string& job) {
  ASSIGN_OR_RETURN(const std::string said,
                   CommandOutput({"scontrol", "show", "job", "-o", job}));
  return ParseSlurmJob(said);
}

}  // namespace snclr
