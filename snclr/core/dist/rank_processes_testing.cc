// SPDX-License-Identifier: MIT
#include "snclr/core/dist/rank_processes_testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "snclr/core/base/child_process.h"
#include "snclr/core/base/files_testing.h"
#include "snclr/core/dist/free_port.h"

namespace snclr {
namespace {

constexpr char kProgram[] = "snclr/core/dist/rank_program_testing";
// Nothing is asserted of times but that all ends within this.
constexpr absl::Duration kLimit = absl::Seconds(100);

}  // namespace

RankProcesses::RankProcesses(int64_t size)
    : size_(size), port_(FreePort().value()) {}

RankProcesses::~RankProcesses() {
  for (const Process& process : processes_) {
    if (process.end) continue;
    kill(process.id, SIGKILL);
    waitpid(process.id, nullptr, 0);
  }
}

void RankProcesses::Start(int64_t rank, const std::vector<std::string>& flags,
                          const std::map<std::string, std::string>& variables) {
  std::map<std::string, std::string> all = variables;
  all.insert({{"RANK", absl::StrCat(rank)},
              {"WORLD_SIZE", absl::StrCat(size_)},
              {"LOCAL_RANK", absl::StrCat(rank)},
              {"LOCAL_WORLD_SIZE", absl::StrCat(size_)},
              {"MASTER_ADDR", "127.0.0.1"},
              {"MASTER_PORT", absl::StrCat(port_)}});
  ChildCommand command;
  command.arguments = {std::filesystem::absolute(kProgram)};
  command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
  command.environment = EnvironmentWith(all);
  const std::string log =
      absl::StrCat(testing::TempDir(), "/rank_", port_, "_", processes_.size());
  const int file =
      open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  command.output = command.error = file;
  const auto child = StartChild(command);
  close(file);
  ASSERT_TRUE(child.ok()) << child.status();
  processes_.push_back({*child, log, std::nullopt});
}

void RankProcesses::StartAll(const std::vector<std::string>& flags) {
  for (int64_t rank = 0; rank < size_; ++rank) Start(rank, flags);
}

bool RankProcesses::Process::HasEnded() {
  if (!end) end = PollChild(id);
  return end.has_value();
}

void RankProcesses::WaitFor(int64_t process) {
  const absl::Time deadline = absl::Now() + kLimit;
  while (!processes_[process].HasEnded() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));
  }
}

std::vector<RankEnd> RankProcesses::Wait(int64_t except) {
  const absl::Time deadline = absl::Now() + kLimit;
  bool waiting = true;
  while (waiting && absl::Now() < deadline) {
    waiting = false;
    for (size_t i = 0; i < processes_.size(); ++i) {
      if (!processes_[i].HasEnded() && static_cast<int64_t>(i) != except) {
        waiting = true;
      }
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  std::vector<RankEnd> ends;
  for (Process& process : processes_) {
    RankEnd end;
    end.ended = process.HasEnded();
    if (end.ended) {
      end.exit_status = process.end->exit_status;
    } else {
      kill(process.id, SIGKILL);
      waitpid(process.id, nullptr, 0);
    }
    end.output = ReadText(process.log);
    ends.push_back(std::move(end));
  }
  processes_.clear();
  return ends;
}

}  // namespace snclr
