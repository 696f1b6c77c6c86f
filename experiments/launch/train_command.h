// SPDX-License-Identifier: MIT
// The command line of //experiments:train that every rank runs.
#ifndef EXPERIMENTS_LAUNCH_TRAIN_COMMAND_H_
#define EXPERIMENTS_LAUNCH_TRAIN_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

namespace snclr {

struct TrainCommand {
  // What a machine that has not entered the build environment runs before the
  // program, to enter it; empty where programs run as they are.
  std::vector<std::string> enter;
  std::string program;  // paths are absolute
  std::string spec;
  std::vector<std::string> set;
  std::string out;
  std::string db;  // empty: where the program puts it
  std::string resume = "auto";
  int64_t max_steps = 0;
  bool verbose = false;
};

// All but `enter` and --resume.
inline std::vector<std::string> ArgumentsOf(const TrainCommand& command) {
  std::vector<std::string> arguments = {command.program,
                                        "--spec=" + command.spec};
  for (const std::string& assignment : command.set) {
    arguments.push_back("--set=" + assignment);
  }
  arguments.push_back("--out=" + command.out);
  if (!command.db.empty()) arguments.push_back("--db=" + command.db);
  if (command.max_steps > 0) {
    arguments.push_back("--max_steps=" + std::to_string(command.max_steps));
  }
  if (command.verbose) arguments.push_back("--verbose");
  return arguments;
}

// --resume of a start after the first one. A run that was begun anew
// (--resume=never) goes on; auto finds it, or an older one of the same spec and
// seed, which is the same result.
inline std::string ResumeAgain(const std::string& resume) {
  return resume == "never" ? "auto" : resume;
}

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_TRAIN_COMMAND_H_
