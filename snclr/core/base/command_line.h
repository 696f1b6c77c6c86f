// SPDX-License-Identifier: MIT
// What every main() does the same way: flags, paths, exit statuses.
//
//   DEFINE_string(spec, "", "the experiment, a text-format ExperimentSpec");
//   int main(int argc, char** argv) {
//     const CommandLine line = ParseCommandLine(
//         "Trains SNCLR.",
//         {{"set", "PATH=VALUE, sets a field of the spec; repeatable"}},
//         argc, argv);
//     return ExitStatus(Run(FLAGS_spec, line.repeated.at("set")));
//   }
//
// A flag is written --name=value or --name value; a yes-or-no flag --name,
// --noname or --name=false. "--" ends the flags.
#ifndef SNCLR_CORE_BASE_COMMAND_LINE_H_
#define SNCLR_CORE_BASE_COMMAND_LINE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

struct RepeatableFlag {
  std::string name;
  std::string help;
};

struct CommandLine {
  // Every value of each repeatable flag, in order; an entry for each of them.
  std::map<std::string, std::vector<std::string>> repeated;
  std::vector<std::string> positional;
};

// Parses gflags and the repeatable ones, and starts logging (--verbose, which
// every program has, logs more than warnings). An unknown flag or a wrong value
// prints one line naming it (and the flag that was probably meant) and exits
// with
// 2. --help prints `about` and the flags of the program's own files, with
// defaults, and exits with 0. The libraries' own flags are unknown ones.
// Positional arguments are refused unless the program takes them
// (allow_positional).
CommandLine ParseCommandLine(const std::string& about,
                             const std::vector<RepeatableFlag>& repeatable,
                             int argc, char** argv,
                             bool allow_positional = false);

// A path as the user means it: `bazel run` changes the working directory, so a
// relative path is taken from where the command was typed
// (BUILD_WORKING_DIRECTORY). "~/" is the home directory. Empty stays empty.
std::string UserPath(const std::string& path);

// 0 for OK. Else prints the message, "error: " before its first line, to stderr
// and returns 2 where the user has to change something first: the input was
// wrong (InvalidArgument, NotFound, FailedPrecondition, DataLoss,
// AlreadyExists, PermissionDenied) or the disk or memory is full
// (ResourceExhausted). Else 1.
int ExitStatus(const absl::Status& status);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_COMMAND_LINE_H_
