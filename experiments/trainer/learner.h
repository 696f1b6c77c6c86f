// SPDX-License-Identifier: MIT
// One method with its optimizer: makes steps, and can be saved and restored
// whole.
#ifndef EXPERIMENTS_TRAINER_LEARNER_H_
#define EXPERIMENTS_TRAINER_LEARNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/online_probe.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/rank_state.h"
#include "experiments/trainer/step_runner.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/gated_step.h"
#include "snclr/core/optim/gradient_sum.h"
#include "snclr/core/optim/optimizer.h"
#include "snclr/core/optim/schedule.h"

namespace snclr {

// Makes a method on an encoder whose dtype and device it takes over. What a
// method needs from the spec it takes itself; the group outlives it.
using MethodFactory = std::function<absl::StatusOr<std::unique_ptr<Method>>(
    const ExperimentSpec& spec, std::shared_ptr<Encoder> encoder,
    ProcessGroup& group)>;

// What a step leaves to read. On a GPU the next step may overwrite the tensors:
// what is read later is copied before (read_back.h).
struct StepRecord {
  int64_t step = 0;  // steps done with this one, from 1
  double epoch = 0;  // epochs done with it, fractional
  double learning_rate = 0;
  double momentum = 0;       // of the average that the step ended with
  double gradient_norm = 0;  // before clipping
  // [], that of a step on a GPU: it need not wait for it. Whoever reads it puts
  // it into gradient_norm.
  at::Tensor late_gradient_norm;
  at::Tensor
      first_gradient;  // [], norm; undefined where the first layer is frozen
  StepOutput output;   // without its graph
};

class Learner {
 public:
  // Makes the encoder and the method of a resolved spec on `device`, where all
  // that a step needs then stays. InvalidArgument names
  // the field that does not fit. `group` outlives the learner. With several
  // ranks Create() and whatever comes before the first step may fail on one
  // rank alone (agree.h); Share() or Restore() makes them equal.
  static absl::StatusOr<std::unique_ptr<Learner>> Create(
      const ExperimentSpec& spec, const MethodFactory& factory,
      int64_t steps_per_epoch, ProcessGroup& group,
      at::Device device = at::kCPU);

  // Says how steps are made; before the first one. They are called where nobody
  // does. See step_runner.h.
  void Use(std::unique_ptr<StepRunner> runner) { runner_ = std::move(runner); }

  // A runner that repeats steps by a CUDA graph, for Use().
  std::unique_ptr<StepRunner> GraphRunner();

  bool repeats() const { return runner_->repeats(); }

  // What the runner has to say, a line; empty: nothing.
  std::string TakeNote() { return runner_->TakeNote(); }

  // The next step: the loss of the views (this rank's share of the batch), its
  // gradient (the mean over the ranks), clipping, the optimizer, and the
  // momentum parameters' average for the step to come. The record's output is
  // of this rank's share, on the learner's device. In float16 a step whose
  // gradients overflow changes no weight (gated_step.h), and the metrics
  // loss_scale and skipped_steps say so. Throws c10::Error.
  StepRecord Step(const Views& views);

  // Trains a linear classifier of so many classes beside the method from here
  // on, where the spec wants one (eval/online_probe.h); before the first step
  // or Restore(). The method's weights stay what they are without it.
  void AddOnlineProbe(int64_t classes);

  // Its step on what Step() left, and the metric online_top1 with it; nothing
  // without a probe. labels [B], on the CPU.
  void Probe(const at::Tensor& labels, StepRecord* record);

  int64_t steps_done() const { return steps_done_; }
  int64_t total_steps() const { return schedule_.total_steps(); }
  const Schedule& schedule() const { return schedule_; }
  Method& method() { return *method_; }
  at::Device device() const { return trained_.values().device(); }

  // Of weights, gradients, the optimizer's buffers and the momentum copy.
  int64_t WeightBytes() const;

  // Internal, naming a tensor, where a weight or one of the optimizer's moments
  // is no finite number. One pass over them.
  absl::Status CheckFinite();

  // Adds all that changes in a step to a checkpoint, as aliases, and its step.
  // Every rank calls it; rank 0's is whole, with what each rank has for itself
  // (rank_state.h). Internal where ranks that must be equal are not.
  absl::Status Save(Checkpoint* checkpoint);

  // Gets it back. Every rank calls it; rank 0's argument counts and reaches the
  // others, who need no file. FailedPrecondition where the checkpoint is not of
  // this encoder, method and optimizer; then nothing has changed.
  absl::Status Restore(const Checkpoint& checkpoint);

  // Makes every rank's state rank 0's, but for what each has for itself. Every
  // rank calls it.
  absl::Status Share();

  // restore.h: equal for runs that are equal bit for bit.
  std::string WeightsChecksum();

 private:
  Learner(const ExperimentSpec& spec, std::unique_ptr<Method> method,
          int64_t steps_per_epoch, ProcessGroup& group);
  // All that a step does on the device, the same each time: from views_ and
  // what gated_ was told to output_ and first_gradient_.
  void Compute();
  void ForwardAndBackward();
  void TakeViews(const Views& views);
  NamedTensors Rest();    // all but the trained parameters
  NamedTensors Shared();  // all that is equal on every rank
  absl::Status CheckReplicas();
  absl::Status RestoreOwn(Checkpoint checkpoint,
                          std::vector<RankTensors>* others);
  NamedTensors ProbeState() const;

  const ExperimentSpec spec_;
  ProcessGroup& group_;
  std::unique_ptr<Method> method_;
  FlatParameters trained_;
  GradientSum sum_;                         // of trained_'s
  std::optional<FlatParameters> momentum_;  // none without a momentum encoder
  std::unique_ptr<Optimizer> optimizer_;
  GatedStep gated_;
  const Schedule schedule_;
  std::unique_ptr<StepRunner> runner_ = MakeCallingRunner();

  // What a step begins with and leaves: with a runner that repeats, always the
  // same memory.
  Views views_;
  StepOutput output_;
  at::Tensor first_gradient_;
  std::unique_ptr<OnlineProbe> probe_;  // null: none
  int64_t steps_done_ = 0;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_LEARNER_H_
