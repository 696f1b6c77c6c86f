// SPDX-License-Identifier: MIT
#include "snclr/core/base/program_testing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "snclr/core/base/child_process.h"
#include "snclr/core/base/files_testing.h"

namespace snclr {
namespace {

// Nothing is asserted of times but that all happens within this, on a machine
// that is busy.
constexpr absl::Duration kPatience = absl::Minutes(3);

}  // namespace

bool WaitUntil(const std::function<bool()>& happened) {
  const absl::Time give_up = absl::Now() + kPatience;
  while (!happened()) {
    if (absl::Now() > give_up) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

TestProgram::TestProgram(const std::string& program, const std::string& log)
    : program_(std::filesystem::absolute(program)), log_(log) {}

pid_t TestProgram::Start(const std::vector<std::string>& flags,
                         const std::map<std::string, std::string>& variables,
                         int output) const {
  ChildCommand command;
  command.arguments = {program_};
  command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
  command.environment = EnvironmentWith(variables);
  const int file =
      output >= 0
          ? output
          : open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  command.output = command.error = file;
  const auto process = StartChild(command);
  EXPECT_TRUE(process.ok()) << process.status();
  if (output < 0) close(file);
  return process.value_or(-1);
}

int TestProgram::Wait(pid_t process) {
  std::optional<ChildEnd> end;
  const bool ended =
      WaitUntil([&] { return (end = PollChild(process)).has_value(); });
  EXPECT_TRUE(ended) << "process " << process << " does not end";
  if (!ended) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    return -SIGKILL;
  }
  return end->signal != 0 ? -end->signal : end->exit_status;
}

std::string TestProgram::log() const { return ReadText(log_); }

int TestProgram::CountInLog(const std::string& text) const {
  const std::string all = log();
  int count = 0;
  for (size_t at = all.find(text); at != std::string::npos;
       at = all.find(text, at + 1)) {
    ++count;
  }
  return count;
}

bool TestProgram::WaitForLog(const std::string& text, int count) const {
  return WaitUntil([&] { return CountInLog(text) >= count; });
}

}  // namespace snclr
