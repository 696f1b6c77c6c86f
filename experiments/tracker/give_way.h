// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_TRACKER_GIVE_WAY_H_
#define EXPERIMENTS_TRACKER_GIVE_WAY_H_

#include <sys/resource.h>
#include <unistd.h>

namespace snclr {

// Gives the calling thread the lowest priority: where every core is busy, of
// two threads that want one the training's gets it. Linux counts a thread's
// priority by itself; where it does not, nothing changes.
inline void GiveWay() { setpriority(PRIO_PROCESS, gettid(), 19); }

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_GIVE_WAY_H_
