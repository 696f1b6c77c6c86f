// SPDX-License-Identifier: MIT
#include "snclr/core/dist/rank_processes_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr char kProgram[] = "snclr/core/dist/rank_program_testing";
// Nothing is asserted of times but that all ends within this.
constexpr absl::Duration kLimit = absl::Seconds(100);

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(
    const std::map<std::string, std::string>& variables) {
  std::vector<std::string> environment;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string text = *one;
    if (variables.count(text.substr(0, text.find('='))) == 0) {
      environment.push_back(text);
    }
  }
  for (const auto& [name, value] : variables) {
    environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

}  // namespace

int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size),
            0);
  close(listener);
  return ntohs(address.sin_port);
}

RankProcesses::RankProcesses(int64_t size) : size_(size), port_(FreePort()) {}

RankProcesses::~RankProcesses() {
  for (const Process& process : processes_) {
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
  std::vector<std::string> arguments = {kProgram};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  std::vector<std::string> environment = Environment(all);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  const std::string log =
      absl::StrCat(testing::TempDir(), "/rank_", port_, "_", processes_.size());
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(file, 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execve(kProgram, argv.data(), envp.data());
    _exit(127);
  }
  close(file);
  ASSERT_GT(child, 0);
  processes_.push_back({child, log});
}

void RankProcesses::StartAll(const std::vector<std::string>& flags) {
  for (int64_t rank = 0; rank < size_; ++rank) Start(rank, flags);
}

std::vector<RankEnd> RankProcesses::Wait(int64_t except) {
  std::vector<RankEnd> ends(processes_.size());
  std::vector<bool> reaped(processes_.size());
  const auto reap = [&](size_t i, int options) {
    int status = 0;
    if (reaped[i] || waitpid(processes_[i].id, &status, options) <= 0) return;
    reaped[i] = true;
    if (WIFEXITED(status)) ends[i].exit_status = WEXITSTATUS(status);
  };
  const absl::Time deadline = absl::Now() + kLimit;
  bool waiting = true;
  while (waiting && absl::Now() < deadline) {
    waiting = false;
    for (size_t i = 0; i < processes_.size(); ++i) {
      reap(i, WNOHANG);
      ends[i].ended = reaped[i];
      if (!reaped[i] && static_cast<int64_t>(i) != except) waiting = true;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  for (size_t i = 0; i < processes_.size(); ++i) {
    if (!reaped[i]) kill(processes_[i].id, SIGKILL);
    reap(i, 0);
    std::stringstream text;
    text << std::ifstream(processes_[i].log).rdbuf();
    ends[i].output = text.str();
  }
  processes_.clear();
  return ends;
}

}  // namespace snclr
