// SPDX-License-Identifier: MIT
// --profile: some steps of a run, recorded.
#ifndef EXPERIMENTS_TRAINER_PROFILE_H_
#define EXPERIMENTS_TRAINER_PROFILE_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

// Lets the first steps of a process pass, which are slower than others, then
// records every operator and every phase of the next (LibTorch's own profiler),
// and writes them as a trace for Perfetto (ui.perfetto.dev) or
// chrome://tracing.
//
// The phases are where the code says RECORD_USER_SCOPE("step.<phase>"); without
// a profile such a line costs some nanoseconds. Of the loop's thread alone. The
// steps that are recorded are slowed down by some microseconds an operator, and
// none other is; no number that is computed changes.
class Profile {
 public:
  static constexpr int64_t kPassedSteps = 3;
  static constexpr int64_t kRecordedSteps = 10;

  // The trace goes to `path`. The rate that products are compared with is that
  // of `device` when the recording ends (matrix_rate.h).
  Profile(std::string path, c10::Device device);
  ~Profile();  // drops a recording that is under way
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  // Call before each step, and at the run's end: returns lines for a person
  // when the recording has just ended, else none. What the system says where
  // the trace cannot be written.
  absl::StatusOr<std::vector<std::string>> BeforeStep();
  absl::StatusOr<std::vector<std::string>> AtEnd();

 private:
  void Begin();
  absl::StatusOr<std::vector<std::string>> End();

  const std::string path_;
  const c10::Device device_;
  int64_t steps_ = 0;  // begun
  bool recording_ = false;
  int64_t begin_ns_ = 0;
  int64_t recorded_ = 0;  // steps done since
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PROFILE_H_
