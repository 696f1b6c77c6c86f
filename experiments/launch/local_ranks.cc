// SPDX-License-Identifier: MIT
#include "experiments/launch/local_ranks.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// Of a rank that has ended: more than a pipe holds.
constexpr int kLastReads = 1000;

struct Ends {
  int ours = -1;
  int theirs = -1;
};

absl::StatusOr<Ends> MakePipe() {
  int files[2];
  if (pipe2(files, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a pipe");
  }
  fcntl(files[0], F_SETFL, O_NONBLOCK);
  return Ends{files[0], files[1]};
}

// The size of our window, for the twin.
void CopySize(int terminal) {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    ioctl(terminal, TIOCSWINSZ, &size);
  }
}

// A terminal whose other end we read; a pipe where there are no more.
absl::StatusOr<Ends> MakeTerminal() {
  Ends ends;
  ends.ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const char* name = nullptr;
  if (ends.ours >= 0 && grantpt(ends.ours) == 0 && unlockpt(ends.ours) == 0) {
    name = ptsname(ends.ours);
  }
  if (name != nullptr) ends.theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends.theirs < 0) {
    if (ends.ours >= 0) close(ends.ours);
    return MakePipe();
  }
  // Bytes as they are: what a line's end is, the terminal itself knows.
  termios settings = {};
  tcgetattr(ends.theirs, &settings);
  cfmakeraw(&settings);
  tcsetattr(ends.theirs, TCSANOW, &settings);
  CopySize(ends.ours);
  fcntl(ends.ours, F_SETFL, O_NONBLOCK);
  return ends;
}

}  // namespace

LocalRanks::~LocalRanks() {
  Signal(SIGKILL);
  for (Rank& rank : ranks_) {
    if (rank.process > 0) waitpid(rank.process, nullptr, 0);
    for (const Stream& stream : rank.streams) {
      if (stream.file >= 0) close(stream.file);
    }
  }
}

absl::Status LocalRanks::Start(const std::vector<RankCommand>& commands) {
  for (const RankCommand& command : commands) {
    RETURN_IF_ERROR(StartOne(command, live_ && ranks_.empty()));
  }
  return absl::OkStatus();
}

absl::Status LocalRanks::StartOne(const RankCommand& command, bool live) {
  output_->Begin(ranks_.size());
  Rank rank;
  rank.rank = command.rank;
  ChildCommand child;
  child.arguments = command.arguments;
  child.environment = command.environment;
  child.cores = command.cores;
  child.ignores_broken_pipe = true;
  ASSIGN_OR_RETURN(const Ends output, live ? MakeTerminal() : MakePipe());
  rank.streams.push_back({output.ours, /*is_error=*/false});
  child.output = child.error = output.theirs;
  absl::Status status;
  if (!live || isatty(STDERR_FILENO) == 0) {
    const auto error = MakePipe();
    if (error.ok()) {
      rank.streams.push_back({error->ours, /*is_error=*/true});
      child.error = error->theirs;
    }
    status = error.status();
  }
  if (status.ok()) {
    const auto process = StartChild(child);
    if (process.ok()) rank.process = *process;
    status = process.status();
  }
  close(child.output);
  if (child.error != child.output) close(child.error);
  ranks_.push_back(std::move(rank));
  return status;
}

void LocalRanks::Relay(absl::Duration wait) {
  std::vector<pollfd> polled;
  std::vector<std::pair<size_t, Stream*>> streams;
  for (size_t i = 0; i < ranks_.size(); ++i) {
    for (Stream& stream : ranks_[i].streams) {
      if (stream.file < 0) continue;
      polled.push_back({stream.file, POLLIN, 0});
      streams.emplace_back(i, &stream);
    }
  }
  if (live_ && !ranks_.empty() && ranks_[0].streams[0].file >= 0) {
    CopySize(ranks_[0].streams[0].file);
  }
  poll(polled.data(), polled.size(),
       static_cast<int>(absl::ToInt64Milliseconds(wait)));
  for (size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents != 0) Read(streams[i].first, *streams[i].second);
  }
}

bool LocalRanks::Read(size_t index, Stream& stream) {
  if (stream.file < 0) return false;
  char chunk[16 << 10];
  const ssize_t count = read(stream.file, chunk, sizeof(chunk));
  if (count > 0) {
    output_->Take(index, stream.is_error, {chunk, static_cast<size_t>(count)});
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close(stream.file);
  stream.file = -1;
  return false;
}

std::vector<RankEnd> LocalRanks::TakeEnds() {
  std::vector<RankEnd> ends;
  for (size_t i = 0; i < ranks_.size(); ++i) {
    Rank& rank = ranks_[i];
    if (rank.process < 0) continue;
    const auto end = PollChild(rank.process);
    if (!end) continue;
    rank.process = -1;
    for (Stream& stream : rank.streams) {
      // A process that it left behind may hold the other end for ever.
      for (int n = 0; n < kLastReads && Read(i, stream); ++n) {
      }
      if (stream.file >= 0) close(stream.file);
      stream.file = -1;
    }
    output_->End(i);
    ends.push_back({i, rank.rank, *end});
  }
  return ends;
}

std::vector<int> LocalRanks::Running() const {
  std::vector<int> running;
  for (const Rank& rank : ranks_) {
    if (rank.process > 0) running.push_back(rank.rank);
  }
  return running;
}

void LocalRanks::Signal(int signal) {
  for (const Rank& rank : ranks_) {
    if (rank.process > 0) kill(rank.process, signal);
  }
}

}  // namespace snclr
