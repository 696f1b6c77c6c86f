// SPDX-License-Identifier: MIT
// //experiments:launch as its users run it, with test_rank.sh for the training.
#ifndef EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_
#define EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

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

  // Its exit status; 128 plus the signal where one ended it.
  static int Wait(pid_t process);

  int Run(const std::vector<std::string>& flags) const {
    return Wait(Start(flags));
  }

  std::string log() const;
  int CountInLog(const std::string& text) const;

  // Until the log has `text` so often. False: not within a minute.
  bool WaitForLog(const std::string& text, int count = 1) const;

  // Until there is a file in out/. False: not within a minute.
  bool WaitForFile(const std::string& name) const;

  std::string folder() const { return folder_; }

 private:
  const std::string folder_;
  std::map<std::string, std::string> variables_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LAUNCH_PROCESS_H_
