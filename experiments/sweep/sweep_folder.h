// SPDX-License-Identifier: MIT
// What a sweep keeps beside its runs, in <out>/<name>/sweep/:
//
//   lock              held by the process that runs the sweep
//   <hash>.textproto  a trial's resolved spec
//   <hash>.log        what the trial's processes printed
//   attempts.jsonl    how each attempt ended (attempt_log.h)
//   slurm/            job scripts
#ifndef EXPERIMENTS_SWEEP_SWEEP_FOLDER_H_
#define EXPERIMENTS_SWEEP_SWEEP_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace snclr {

// "<out>/<name>/sweep".
std::string SweepFolderPath(const std::string& out, const std::string& name);

// The right to run a sweep: one process at a time, gone with the process.
class SweepLock {
 public:
  // Makes the folder. FailedPrecondition, with the other process's id and host,
  // where the sweep is being run; PermissionDenied where nothing may be made.
  static absl::StatusOr<SweepLock> Take(const std::string& out,
                                        const std::string& name);

  SweepLock(SweepLock&& other) noexcept;
  SweepLock& operator=(SweepLock&&) = delete;
  ~SweepLock();

 private:
  explicit SweepLock(int file) : file_(file) {}
  int file_;  // -1 when moved from
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SWEEP_FOLDER_H_
