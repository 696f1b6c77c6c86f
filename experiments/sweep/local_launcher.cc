// SPDX-License-Identifier: MIT
#include "experiments/sweep/local_launcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "experiments/process/cores.h"
#include "snclr/core/base/child_process.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

bool IsStop(int signal) { return signal == SIGINT || signal == SIGTERM; }

TrialEnd EndOf(const std::string& hash, const ChildEnd& child) {
  TrialEnd end;
  end.hash = hash;
  end.exit_status = child.exit_status;
  end.how = child.how;
  end.stopped = IsStop(child.signal) || IsStop(child.exit_status - 128);
  return end;
}

}  // namespace

size_t LocalLauncher::Room() const {
  const auto running = static_cast<int>(children_.size());
  return running >= jobs_ ? 0 : jobs_ - running;
}

absl::Status LocalLauncher::Start(const std::vector<TrialCommand>& commands) {
  for (const TrialCommand& command : commands) {
    RETURN_IF_ERROR(StartOne(command));
  }
  return absl::OkStatus();
}

absl::Status LocalLauncher::StartOne(const TrialCommand& command) {
  const int log = open(command.log.c_str(),
                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("cannot open ", command.log));
  }
  ChildCommand child;
  child.arguments = command.arguments;
  child.environment =
      EnvironmentWith({{"OMP_NUM_THREADS", absl::StrCat(threads_)}});
  child.output = child.error = log;
  const auto process = StartChild(child);
  close(log);
  RETURN_IF_ERROR(process.status());
  children_[*process] = command.hash;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TrialEnd>> LocalLauncher::Poll() {
  std::vector<TrialEnd> ends;
  for (auto child = children_.begin(); child != children_.end();) {
    if (const auto end = PollChild(child->first)) {
      ends.push_back(EndOf(child->second, *end));
      child = children_.erase(child);
    } else {
      ++child;
    }
  }
  return ends;
}

std::set<std::string> LocalLauncher::Alive() const {
  std::set<std::string> alive;
  for (const auto& [process, hash] : children_) alive.insert(hash);
  return alive;
}

bool LocalLauncher::Interrupt(int signal) {
  for (const auto& [process, hash] : children_) kill(process, signal);
  return true;
}

std::string LocalLauncher::Describe() const {
  return absl::StrCat("local, ", jobs_, " at once, ", threads_,
                      threads_ == 1 ? " thread" : " threads",
                      " each (OMP_NUM_THREADS=", threads_, "), ",
                      AvailableCores(), " cores");
}

}  // namespace snclr
