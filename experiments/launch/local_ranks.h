// SPDX-License-Identifier: MIT
// The ranks of this machine as child processes.
#ifndef EXPERIMENTS_LAUNCH_LOCAL_RANKS_H_
#define EXPERIMENTS_LAUNCH_LOCAL_RANKS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "experiments/launch/rank_output.h"
#include "snclr/core/base/child_process.h"

namespace snclr {

struct RankCommand {
  int rank = 0;
  std::vector<std::string> arguments;    // the program first, an absolute path
  std::vector<std::string> environment;  // all of it
  std::vector<int> cores;                // empty: not pinned
};

struct RankEnd {
  size_t index = 0;  // among those that were started here
  int rank = 0;
  ChildEnd end;
};

// Starts ranks, shows what they print, says how they end. When this process
// dies, in whatever way, each rank gets SIGTERM, which it takes for the wish to
// stop; that nobody reads what it prints does not end it before its checkpoint.
// For one thread.
class LocalRanks {
 public:
  // `output` is borrowed and has these ranks in their order. `live`: the first
  // one writes for the terminal that stdout is, of which it gets a twin.
  LocalRanks(RankOutput* output, bool live) : output_(output), live_(live) {}
  LocalRanks(const LocalRanks&) = delete;
  LocalRanks& operator=(const LocalRanks&) = delete;
  // Kills those that still run.
  ~LocalRanks();

  // All of them. When one cannot be started the others are to be killed, by
  // this object's end.
  absl::Status Start(const std::vector<RankCommand>& commands);

  // Shows what they print, for so long or until there is something to show.
  void Relay(absl::Duration wait);

  // Those that ended since the last call; all that they printed is shown.
  std::vector<RankEnd> TakeEnds();

  std::vector<int> Running() const;  // rank numbers
  void Signal(int signal);           // to all that run

 private:
  // One end of a pipe, or the terminal's twin, that a rank writes into.
  struct Stream {
    int file = -1;
    bool is_error = false;
  };
  struct Rank {
    int rank = 0;
    pid_t process = -1;  // -1: ended
    std::vector<Stream> streams;
  };

  absl::Status StartOne(const RankCommand& command, bool live);
  bool Read(size_t index, Stream& stream);  // whether there was something

  RankOutput* const output_;
  const bool live_;
  std::vector<Rank> ranks_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LOCAL_RANKS_H_
