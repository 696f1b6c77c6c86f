// SPDX-License-Identifier: MIT
#include "experiments/launch/launch_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/process/child_process.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

// Among a test's runfiles.
constexpr char kProgram[] = "experiments/launch/launch_main";
constexpr char kTestRank[] = "experiments/launch/test_rank.sh";

constexpr char kSpec[] =
    "name: \"tiny\" snclr { }\n"
    "data { procedural { } global_batch: 12 }\n";

fs::path TestFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return fs::path(::testing::TempDir()) /
         (std::string(test->test_suite_name()) + "." + test->name());
}

bool WaitUntil(const std::function<bool()>& happened) {
  const absl::Time give_up = absl::Now() + absl::Minutes(1);
  while (!happened()) {
    if (absl::Now() > give_up) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

}  // namespace

LaunchProcess::LaunchProcess(const std::map<int, std::string>& acts)
    : folder_(TestFolder()) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/spec.textproto") << kSpec;
  for (const auto& [rank, act] : acts) {
    variables_[absl::StrCat("TEST_RANK_", rank)] = act;
  }
}

pid_t LaunchProcess::Start(const std::vector<std::string>& flags,
                           int output) const {
  ChildCommand command;
  command.arguments = {
      fs::absolute(kProgram),
      absl::StrCat("--spec=", folder_, "/spec.textproto"),
      absl::StrCat("--out=", folder_, "/out"),
      absl::StrCat("--program=", fs::absolute(kTestRank).string())};
  command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
  command.environment = EnvironmentWith(variables_);
  const std::string log = folder_ + "/log";
  const int file = output >= 0
                       ? output
                       : open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  command.output = command.error = file;
  const auto process = StartChild(command);
  EXPECT_TRUE(process.ok()) << process.status();
  if (output < 0) close(file);
  return process.value_or(-1);
}

int LaunchProcess::Wait(pid_t process) {
  int status = -1;
  const bool ended = WaitUntil([&] {
    const auto end = PollChild(process);
    if (end) status = end->signal != 0 ? 128 + end->signal : end->exit_status;
    return end.has_value();
  });
  EXPECT_TRUE(ended) << "it does not end";
  return status;
}

std::string LaunchProcess::log() const {
  std::ifstream stream(folder_ + "/log", std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

int LaunchProcess::CountInLog(const std::string& text) const {
  const std::string all = log();
  int count = 0;
  for (size_t at = all.find(text); at != std::string::npos;
       at = all.find(text, at + 1)) {
    ++count;
  }
  return count;
}

bool LaunchProcess::WaitForLog(const std::string& text, int count) const {
  return WaitUntil([&] { return CountInLog(text) >= count; });
}

bool LaunchProcess::WaitForFile(const std::string& name) const {
  return WaitUntil([&] { return fs::exists(folder_ + "/out/" + name); });
}

}  // namespace snclr
