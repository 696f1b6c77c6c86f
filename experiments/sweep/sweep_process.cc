// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

// Among a test's runfiles.
constexpr char kProgram[] = "experiments/sweep/sweep_main";

}  // namespace

SweepProcess::SweepProcess(const std::string& folder, const std::string& sweep)
    : folder_(folder) {
  WriteSweep(folder_, sweep);
}

pid_t SweepProcess::Start(const std::vector<std::string>& flags) const {
  std::vector<std::string> words = {
      kProgram, absl::StrCat("--sweep=", folder_, "/sweep.textproto"),
      absl::StrCat("--out=", out())};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/log";
  const pid_t child = fork();
  if (child != 0) return child;
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  execv(kProgram, arguments.data());
  _exit(127);
}

int SweepProcess::Wait(pid_t process) {
  int status = -1;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string SweepProcess::log() const { return ReadText(folder_ + "/log"); }

int SweepProcess::CountInLog(const std::string& text) const {
  const std::string all = log();
  int count = 0;
  for (size_t at = all.find(text); at != std::string::npos;
       at = all.find(text, at + 1)) {
    ++count;
  }
  return count;
}

void SweepProcess::WaitForLog(pid_t process, const std::string& text,
                              int count) const {
  siginfo_t ended = {};
  while (CountInLog(text) < count && ended.si_pid == 0) {
    absl::SleepFor(absl::Milliseconds(10));
    waitid(P_PID, process, &ended, WEXITED | WNOHANG | WNOWAIT);
  }
}

std::vector<RunRecord> SweepProcess::Runs() const {
  auto tracker = Tracker::Open(DefaultTrackerPath(out()));
  EXPECT_TRUE(tracker.ok()) << tracker.status();
  if (!tracker.ok()) return {};
  auto runs = (*tracker)->Runs();
  EXPECT_TRUE(runs.ok()) << runs.status();
  return runs.ok() ? *runs : std::vector<RunRecord>();
}

}  // namespace snclr
