// SPDX-License-Identifier: MIT
// What a sweep says: what it is, what happens, how far it is, what came out.
#ifndef EXPERIMENTS_SWEEP_NARRATOR_H_
#define EXPERIMENTS_SWEEP_NARRATOR_H_

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "experiments/proto/sweep.pb.h"
#include "experiments/sweep/estimate.h"
#include "experiments/sweep/overview.h"
#include "experiments/sweep/screen.h"

namespace snclr {

struct NarratorFacts {
  std::string name;
  std::string out;       // absolute
  std::string db;        // absolute
  std::string launcher;  // as it describes itself
  int jobs = 1;
  // What a user who stops the sweep is told about its processes; "" where they
  // end with it.
  std::string after_stop;
};

// For one thread. An Overview is as of the call.
class Narrator {
 public:
  Narrator(std::FILE* screen, const NarratorFacts& facts,
           const SweepSpec& spec);

  // The first lines. `notes`: on the list of trials.
  void Head(const Overview& overview, const std::vector<std::string>& notes);

  // Every trial, for --plan.
  void Plan(const Overview& overview);

  void Line(const std::string& text) { screen_.Line(text); }

  // Call often: draws the table on a terminal, says how far it is elsewhere
  // from time to time.
  void Show(const Overview& overview);

  // The last lines, after a signal and at the end.
  void Stopped(const Overview& overview);
  void End(const Overview& overview);

 private:
  std::string Estimate(const Overview& overview);
  void DrawLast(const Overview& overview);
  std::string CompareCommand() const;

  const NarratorFacts facts_;
  const SweepSpec spec_;
  Screen screen_;
  absl::Time shown_ = absl::InfinitePast();
  std::optional<Estimator> estimator_;
  absl::Time estimator_made_ = absl::InfinitePast();
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_NARRATOR_H_
