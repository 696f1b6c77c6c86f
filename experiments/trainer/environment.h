// SPDX-License-Identifier: MIT
// Where a run ran, and which code: recorded with every run, so that a number
// can be traced to what made it.
#ifndef EXPERIMENTS_TRAINER_ENVIRONMENT_H_
#define EXPERIMENTS_TRAINER_ENVIRONMENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace snclr {

struct Environment {
  std::string host;
  std::string device;      // "cpu: <model>, 2 cores"
  std::string git_commit;  // 40 hexadecimal digits; empty outside a checkout
  std::string git_diff;    // of tracked files; cut at kMaxDiffBytes
};

constexpr size_t kMaxDiffBytes = 256 * 1024;

// `source_folder` is any folder of the checkout. What cannot be found out stays
// empty; that is no failure. Runs git (tens of milliseconds).
Environment DescribeEnvironment(const std::string& source_folder);

// The checkout this program was started from: BUILD_WORKSPACE_DIRECTORY, which
// `bazel run` sets, else the working directory.
std::string SourceFolder();

// 16 hexadecimal digits of the running program's file; empty where it cannot be
// read. Its shared libraries do not count.
std::string ProgramFingerprint();

// `text` as one word of a shell command, whatever is in it; in quotes only
// where it needs them.
std::string ShellQuoted(absl::string_view text);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_ENVIRONMENT_H_
