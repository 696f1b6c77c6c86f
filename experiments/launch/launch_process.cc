// SPDX-License-Identifier: MIT
#include "experiments/launch/launch_process.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/files_testing.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

// Among a test's runfiles.
constexpr char kTestRank[] = "experiments/launch/test_rank.sh";

constexpr char kSpec[] =
    "name: \"tiny\" snclr { }\n"
    "data { procedural { } global_batch: 12 }\n";

}  // namespace

LaunchProcess::LaunchProcess(const std::map<int, std::string>& acts)
    : folder_(TestFolder()),
      program_("experiments/launch/launch_main", folder_ + "/log") {
  WriteText(folder_ + "/spec.textproto", kSpec);
  for (const auto& [rank, act] : acts) {
    variables_[absl::StrCat("TEST_RANK_", rank)] = act;
  }
}

pid_t LaunchProcess::Start(const std::vector<std::string>& flags,
                           int output) const {
  std::vector<std::string> all = {
      absl::StrCat("--spec=", folder_, "/spec.textproto"),
      absl::StrCat("--out=", folder_, "/out"),
      absl::StrCat("--program=", fs::absolute(kTestRank).string())};
  all.insert(all.end(), flags.begin(), flags.end());
  return program_.Start(all, variables_, output);
}

bool LaunchProcess::WaitForFile(const std::string& name) const {
  return WaitUntil([&] { return fs::exists(folder_ + "/out/" + name); });
}

}  // namespace snclr
