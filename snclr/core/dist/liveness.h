// SPDX-License-Identifier: MIT
// Who of the ranks lives, and why the group is over if it is.
#ifndef SNCLR_CORE_DIST_LIVENESS_H_
#define SNCLR_CORE_DIST_LIVENESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "snclr/core/dist/meeting_point.h"

namespace snclr {

// A thread that writes this rank's beat to the meeting point and reads those of
// the others, so that a rank which is missed in an exchange can be named:
// silent (its beats stopped), late (it lives but has not begun the exchange),
// or gone of its own will. The first rank to find a reason publishes it as the
// verdict; all ranks then give the same one.
//
// The thread alone talks to the meeting point, and may be stuck there when rank
// 0's host is cut off. Nothing here waits for it longer than a few beats, the
// destructor neither: a stuck thread is left behind with what it uses.
//
// A second thread sees to it that this process ends once the group is over,
// even where the others hang (in a read from a network disk, in a call to the
// GPU): it then ends the process by force, with status 1 and the reason in the
// one line that programs print for an error. It waits for nobody.
//
// Methods may be called from any thread.
class Liveness {
 public:
  struct Options {
    int64_t rank = 0;
    std::vector<std::string> names;  // of all ranks
    absl::Duration beat = absl::Seconds(1);
    // A rank without a beat for this long is taken for dead.
    absl::Duration timeout = absl::Seconds(600);
    // How long after the end of the group, or after Conclude, this object may
    // still be there before the process is ended by force. Time in which the
    // process stands still does not count.
    absl::Duration end_within = absl::Seconds(30);
  };

  // What an exchange that failed knows itself.
  struct Trouble {
    int64_t exchange = 0;  // its number, from 1
    bool timed_out = false;
    absl::Duration waited;
    std::string text;  // what the backend said
  };

  Liveness(std::unique_ptr<MeetingPoint> point, Options options);
  ~Liveness();

  // Counts an exchange; its number.
  int64_t Begin();

  // Whether it is certain that an exchange under way will not end.
  bool Over() const;

  // Finds out who is to blame, publishes it, and returns the verdict, this
  // rank's or the one that another published before. Takes up to about eight
  // beats. Rank 0, with whom the meeting point ends, stays until the others
  // have read it.
  std::string Conclude(const Trouble& trouble);

  // Publishes a verdict, where there is none yet.
  void Publish(const std::string& verdict);

  // This rank ends its part in peace. Rank 0 waits, up to ten beats, until the
  // others have too.
  void Leave();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_LIVENESS_H_
