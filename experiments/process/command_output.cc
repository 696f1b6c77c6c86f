// SPDX-License-Identifier: MIT
#include "experiments/process/command_output.h"

#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "experiments/trainer/environment.h"

namespace snclr {

absl::StatusOr<std::string> CommandOutput(
    const std::vector<std::string>& arguments) {
  std::string command;
  for (const std::string& argument : arguments) {
    absl::StrAppend(&command, ShellQuoted(argument), " ");
  }
  std::FILE* pipe = popen(absl::StrCat(command, "2>&1").c_str(), "re");
  if (pipe == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(arguments[0], ": cannot be started"));
  }
  std::string output;
  char chunk[4096];
  while (const size_t count = std::fread(chunk, 1, sizeof(chunk), pipe)) {
    output.append(chunk, count);
  }
  if (pclose(pipe) == 0) return output;
  return absl::UnavailableError(
      absl::StrCat(arguments[0], ": ", absl::StripAsciiWhitespace(output)));
}

}  // namespace snclr
