// SPDX-License-Identifier: MIT
// The loop: batch, step, look, record, evaluate, save.
#ifndef EXPERIMENTS_TRAINER_LOOP_H_
#define EXPERIMENTS_TRAINER_LOOP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "data/loading/loader.h"
#include "eval/knn_evaluation.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/journal.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/loss_guard.h"
#include "experiments/trainer/pace.h"
#include "experiments/trainer/profile.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/read_back.h"
#include "experiments/trainer/snapshots.h"
#include "experiments/trainer/step_news.h"
#include "experiments/trainer/stop_signal.h"
#include "experiments/trainer/watch.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// What the loop works with; all borrowed. Of several ranks each has a loop; all
// do the same steps, evaluations and checkpoints, and rank 0 alone writes.
struct LoopParts {
  const ExperimentSpec& spec;
  ProcessGroup& group;
  Learner& learner;
  Loader& loader;            // begins at learner.steps_done()
  const KnnEvaluation* knn;  // null: not evaluated
  const StopSignal& stop;
  Journal& journal;
  Progress& progress;
  std::string folder;            // where checkpoints go
  int threads;                   // noted in checkpoints, as is
  std::string data_fingerprint;  // that of the training images
  std::string ranks_before;      // as a checkpoint has it
  LossBand band;
  Snapshots* snapshots = nullptr;  // null: none are taken
  Profile* profile = nullptr;      // null: no step is recorded
};

enum class LoopEnd { kAllSteps, kStepLimit, kSignal };

class Loop {
 public:
  // `results` and `evaluated_at` (the step of the newest k-NN among them, -1
  // for none) are what a resumed checkpoint held; empty and -1 for a new run.
  Loop(const LoopParts& parts, std::map<std::string, double> results,
       int64_t evaluated_at);

  // Trains until `last_step` steps are done in all (at most the schedule's) or
  // a signal came. Evaluates k-NN before the first step, as often as the spec
  // says, and at the last step; every way out but an error leaves a checkpoint
  // of the last step done. Internal where the loss is no number;
  // ResourceExhausted where a checkpoint has no room (the one before is whole);
  // what the loader says.
  absl::StatusOr<LoopEnd> Run(int64_t last_step);

  // "knn_top1_untrained", "knn_top1", "knn_top5": the latest of each.
  const std::map<std::string, double>& results() const { return results_; }

  // The signal that stopped it, sent to whichever rank; 0: none.
  int stop_signal() const;

  // The newest checkpoint written, by rank 0; none before the first.
  const std::optional<CheckpointFile>& checkpoint() const {
    return checkpoint_;
  }

  const Pace& pace() const { return pace_; }

 private:
  struct LateStep {
    StepRecord record;
    at::Tensor news;  // what the ranks told each other behind it (step_news.h)
    ReadBack read_back;
  };

  absl::Status Explained(const absl::Status& status, const std::string& doing,
                         const std::string& field);
  absl::StatusOr<LateStep> Step();
  absl::Status TellProfile(bool at_end);
  absl::Status Settle();
  void Record(const StepRecord& record, double loss);
  bool EvaluationIsDue() const;
  absl::Status EvaluateIfDue();
  absl::StatusOr<KnnResult> RunKnn();
  absl::Status EvaluateUntrained();
  absl::Status EvaluateKnn();
  void SnapshotIfDue();
  void TakeSnapshot();
  bool SaveIsDueByTime() const;
  absl::Status SaveIfDue();
  absl::Status Save();
  absl::Status WriteCheckpoint();
  void ShowProgress(int64_t last_step);
  int64_t EvaluationsDone(int64_t steps) const;

  const LoopParts parts_;
  const absl::Duration save_every_;
  std::map<std::string, double> results_;
  Watch watch_;
  LossGuard guard_;
  Pace pace_;

  // The newest step, not read back yet: its values are asked for when the next
  // step is under way, so that a device need not wait.
  std::optional<LateStep> pending_;
  StepNews news_;  // of the newest step that was read back
  // The newest one that was read back, without its output.
  std::optional<StepRecord> shown_;
  double loss_ = 0;  // of that step
  int64_t evaluated_at_ = -1;
  int64_t snapshot_at_ = -1;
  bool snapshots_failed_ = false;
  // Of the newest checkpoint: its step, and the evaluation that it knows of.
  int64_t saved_at_ = -1;
  int64_t saved_evaluation_ = -1;
  absl::Time saved_time_;
  std::optional<CheckpointFile> checkpoint_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_LOOP_H_
