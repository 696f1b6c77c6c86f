// SPDX-License-Identifier: MIT
// A place where a test can end the process, at the worst moment there is.
#ifndef EXPERIMENTS_TRAINER_KILL_POINT_H_
#define EXPERIMENTS_TRAINER_KILL_POINT_H_

namespace snclr {

// Called between the writing of a checkpoint's temporary file and its rename,
// and likewise for the file that says how the run ended. With the environment
// variable SNCLR_KILL_BEFORE_RENAME=n the n-th call of the process raises
// SIGKILL; without it nothing happens.
void PassKillPoint();

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_KILL_POINT_H_
