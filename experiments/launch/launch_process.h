// SPDX-License-Identifier: MIT
// //experiments:launch as its users run it, with test_rank.sh for the training.
#ifndef EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_
#define EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "snclr/core/base/program_testing.h"

namespace snclr {

// In a folder of the running test: spec.textproto, whose batch is 12 images;
// out/; and what all its processes printed.
class LaunchProcess {
 public:
  // `acts`: what each rank does, shell commands by its number (test_rank.sh).
  explicit LaunchProcess(const std::map<int, std::string>& acts = {});

  // Starts the program with --spec, --out, --program and these flags; its
  // output is appended to log(), or goes to the file descriptor `output`.
  pid_t Start(const std::vector<std::string>& flags, int output = -1) const;

  // As TestProgram's.
  static int Wait(pid_t process) { return TestProgram::Wait(process); }
  int Run(const std::vector<std::string>& flags) const {
    return Wait(Start(flags));
  }
  std::string log() const { return program_.log(); }
  int CountInLog(const std::string& text) const {
    return program_.CountInLog(text);
  }
  bool WaitForLog(const std::string& text, int count = 1) const {
    return program_.WaitForLog(text, count);
  }

  // Until there is a file in out/. False: not in a generous time.
  bool WaitForFile(const std::string& name) const;

  std::string folder() const { return folder_; }

 private:
  const std::string folder_;
  const TestProgram program_;
  std::map<std::string, std::string> variables_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_
