// SPDX-License-Identifier: MIT
// All that a run leaves: its folder and the log in it, its entry in the
// tracker, its event file, and what a person sees of it.
#ifndef EXPERIMENTS_TRAINER_RUN_RECORDS_H_
#define EXPERIMENTS_TRAINER_RUN_RECORDS_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/tracker/recorder.h"
#include "experiments/trainer/journal.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/result_facts.h"
#include "experiments/trainer/run_data.h"
#include "experiments/trainer/run_folder.h"
#include "experiments/trainer/tensorboard.h"
#include "experiments/trainer/train_options.h"

namespace snclr {

// Of several ranks the first alone has records; those of another, which are
// never opened, are silent: they take every call and do nothing. Borrows spec
// and options.
class RunRecords {
 public:
  RunRecords(const ExperimentSpec& spec, const TrainOptions& options);
  ~RunRecords();
  RunRecords(const RunRecords&) = delete;
  RunRecords& operator=(const RunRecords&) = delete;

  // The folder of a new run, or of the one that goes on (run_folder.h).
  // InvalidArgument, before there is one, where options.db is no tracker.
  absl::Status OpenFolder();

  bool silent() const { return !folder_; }
  bool resumed() const { return folder_ && folder_->resumed(); }
  // Empty where silent.
  std::string path() const { return folder_ ? folder_->path() : ""; }

  // Enters the run, whose learner stands where it begins or goes on, in the
  // tracker, and says on the screen what it is; `lines` follow. `ranks_text`:
  // what the tracker notes of the ranks where they are a part of the experiment
  // without being in its spec, "2" or "4, then 2"; else empty.
  absl::Status Start(const RunData& data, Learner& learner, int threads,
                     int64_t ranks, const std::string& ranks_text,
                     const std::vector<std::string>& lines);

  Journal& journal() { return journal_; }
  Progress& progress() { return *progress_; }

  // Ends the run in tracker and folder, and says on the screen what came out;
  // fills in where it is. What cannot be written is told, no more: the run
  // itself is what it is.
  void End(const RunCost& cost, TrainResult* result);

  // The same for one that ends with an error.
  void Fail(int64_t step, const std::string& why);

 private:
  RunInfo Info(const Source& train) const;
  void MarkEnd(const RunEnd& end);

  const ExperimentSpec& spec_;
  const TrainOptions& options_;
  std::optional<RunFolder> folder_;  // its lock outlives all that writes there
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<EventWriter> events_;  // null where the spec wants none
  std::FILE* log_ = nullptr;  // a run goes on without one that cannot be opened
  std::unique_ptr<Progress> progress_;
  Journal journal_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RUN_RECORDS_H_
