// SPDX-License-Identifier: MIT
#include "experiments/trainer/trainer.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/format.h"
#include "experiments/trainer/loop.h"
#include "experiments/trainer/precision.h"
#include "experiments/trainer/profile.h"
#include "experiments/trainer/run_data.h"
#include "experiments/trainer/run_records.h"
#include "experiments/trainer/same_spec.h"
#include "experiments/trainer/snapshots.h"
#include "experiments/trainer/step_runner.h"
#include "experiments/trainer/stop_signal.h"
#include "experiments/trainer/threads.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {
namespace {

// What a run has measured so far.
struct Measured {
  std::map<std::string, double> results;
  int64_t evaluated_at = -1;  // step of the newest k-NN
};

// Order, schedule and images follow from the data: a run that goes on with
// other images would be neither the one nor the other.
absl::Status CheckSameData(const Checkpoint& checkpoint,
                           const std::string& data_fingerprint) {
  if (checkpoint.data_fingerprint == data_fingerprint) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the training images are not those that it began with (fingerprint ",
      data_fingerprint, ", then ", checkpoint.data_fingerprint,
      "): another folder, or images added or removed; --resume=never starts a "
      "new run"));
}

// The newest checkpoint of a folder that was there before; nothing where it has
// none yet. Lines for a person go to `lines`.
absl::StatusOr<std::optional<Checkpoint>> ReadForResume(
    const std::string& folder, const std::string& data_fingerprint,
    std::vector<std::string>* lines) {
  std::vector<std::string> damaged;
  auto checkpoint = ReadNewestCheckpoint(folder, &damaged);
  for (const std::string& line : damaged) {
    lines->push_back(absl::StrCat("passed over ", line));
  }
  if (absl::IsNotFound(checkpoint.status())) {
    lines->push_back(
        "it ended before its first checkpoint: from the beginning");
    return std::nullopt;
  }
  if (!checkpoint.ok()) return checkpoint.status();
  RETURN_IF_ERROR(CheckSameData(*checkpoint, data_fingerprint)) << folder;
  return *std::move(checkpoint);
}

// What to say of a run that goes on.
std::vector<std::string> ResumeLines(const Checkpoint& checkpoint, int threads,
                                     int64_t ranks, bool has_rank_state,
                                     int64_t total_steps) {
  std::vector<std::string> lines = {
      absl::StrCat("continues after step ", FormatCount(checkpoint.step),
                   " of ", FormatCount(total_steps))};
  constexpr char kRounding[] =
      ": sums are rounded differently, numbers will agree but not to the last "
      "bit";
  if (checkpoint.ranks != ranks) {
    lines.push_back(absl::StrCat(
        "it ran on ", checkpoint.ranks,
        checkpoint.ranks == 1 ? " rank" : " ranks", ", now there are ", ranks,
        has_rank_state ? "! each had a bank of its own, and these are dealt "
                         "out anew: from "
                         "here on it is another experiment, and the tracker's "
                         "'ranks' says "
                         "so"
                       : kRounding));
  } else if (checkpoint.threads != threads) {
    lines.push_back(absl::StrCat("it ran with ", checkpoint.threads,
                                 " threads, now there are ", threads,
                                 kRounding));
  }
  return lines;
}

// One call of Train(), in its phases. Members are destroyed in reverse: the
// loop's parts outlive the loop.
class Training {
 public:
  Training(const ExperimentSpec& spec, const TrainOptions& options,
           ProcessGroup& group)
      : spec_(spec),
        options_(options),
        threads_(SetMathThreads(spec.parallelism().threads())),
        group_(group),
        records_(spec, options) {}

  absl::StatusOr<TrainResult> Run(const MethodFactory& factory) {
    RETURN_IF_ERROR(Agree(MakeLearner(factory), group_));
    RETURN_IF_ERROR(CheckRanks());
    std::optional<Checkpoint> checkpoint;
    RETURN_IF_ERROR(Agree(OpenFolder(&checkpoint), group_));
    RETURN_IF_ERROR(MakeEqual(checkpoint));
    checkpoint.reset();
    if (!options_.device.note.empty()) lines_.push_back(options_.device.note);
    RETURN_IF_ERROR(Agree(records_.Start(data_, *learner_, threads_,
                                         group_.size(), RanksText(), lines_),
                          group_));
    absl::StatusOr<TrainResult> result = RunLoop();
    // The others wait for this rank: for its next exchange, or its good-bye.
    if (!result.ok()) {
      const std::string why(result.status().message());
      group_.Abandon(why);
      records_.Fail(learner_->steps_done(), why);
      return result;
    }
    RETURN_IF_ERROR(CatchTorch([&] {
      group_.Barrier();
      return absl::OkStatus();
    })) << "after the last step";
    return result;
  }

 private:
  // Everything that the spec can be wrong about, before anything is made.
  absl::Status MakeLearner(const MethodFactory& factory) {
    if (batch() % group_.size() != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "data.global_batch: ", batch(),
          " images cannot be divided evenly among ", group_.size(), " ranks"));
    }
    RETURN_IF_ERROR(CheckPrecisionHere(
        spec_.precision(), options_.device.device, options_.device.name));
    ASSIGN_OR_RETURN(data_, OpenRunData(spec_));
    ASSIGN_OR_RETURN(learner_, Learner::Create(spec_, factory,
                                               data_.train().size() / batch(),
                                               group_, options_.device.device));
    const int64_t classes = data_.train().class_names().size();
    if (classes > 0) learner_->AddOnlineProbe(classes);
    return ChooseRunner();
  }

  // Called or repeated: the numbers are the same.
  absl::Status ChooseRunner() {
    GraphChoice choice = ChooseGraph(spec_.parallelism().cuda_graph(),
                                     options_.device.device, group_);
    if (choice.graph && options_.profile) {
      choice = {false, "no CUDA graph: --profile looks into single operators"};
    }
    if (!choice.note.empty()) lines_.push_back(choice.note);
    if (!choice.graph) return absl::OkStatus();
    return CatchTorch([&] {
      learner_->Use(learner_->GraphRunner());
      return absl::OkStatus();
    });
  }

  // One run is made of one spec and one set of images.
  absl::Status CheckRanks() {
    RETURN_IF_ERROR(CheckSameSpec(spec_, group_));
    RETURN_IF_ERROR(CheckSameOnAll(
        "--max_steps:", absl::StrCat(options_.max_steps), group_));
    RETURN_IF_ERROR(CheckSameOnAll("training images with fingerprint",
                                   data_.train().fingerprint(), group_));
    return CheckSameOnAll("a k-NN accuracy:", data_.knn ? "yes" : "no", group_);
  }

  absl::Status OpenFolder(std::optional<Checkpoint>* checkpoint) {
    if (group_.rank() != 0) return absl::OkStatus();
    RETURN_IF_ERROR(records_.OpenFolder());
    RemoveOrphans(records_.path());
    if (!records_.resumed()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        *checkpoint,
        ReadForResume(records_.path(), data_.train().fingerprint(), &lines_));
    return absl::OkStatus();
  }

  // Rank 0's checkpoint, where it has one, and its weights, on every rank.
  absl::Status MakeEqual(const std::optional<Checkpoint>& checkpoint) {
    const Checkpoint none;
    if (checkpoint) {
      measured_ = {checkpoint->results, checkpoint->evaluated_at};
    }
    ASSIGN_OR_RETURN(
        const std::string evaluated_at,
        TextOfRankZero(checkpoint ? absl::StrCat(checkpoint->evaluated_at) : "",
                       group_));
    if (evaluated_at.empty()) return learner_->Share();
    measured_.evaluated_at = std::stoll(evaluated_at);
    RETURN_IF_ERROR(learner_->Restore(checkpoint ? *checkpoint : none))
        << records_.path();
    if (!checkpoint) return absl::OkStatus();
    ranks_before_ = checkpoint->ranks_before;
    if (has_rank_state() && checkpoint->ranks != group_.size()) {
      absl::StrAppend(&ranks_before_, ranks_before_.empty() ? "" : ", ",
                      checkpoint->ranks);
    }
    for (std::string& line :
         ResumeLines(*checkpoint, threads_, group_.size(), has_rank_state(),
                     learner_->total_steps())) {
      lines_.push_back(std::move(line));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TrainResult> RunLoop() {
    if (!data_.why_no_knn.empty()) {
      records_.journal().Note(learner_->steps_done(),
                              "k-NN is left out: " + data_.why_no_knn);
    }
    const StopSignal stop;
    std::vector<std::string> lines;
    ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader,
                     OpenLoader(spec_, data_.train(), learner_->steps_done(),
                                group_, learner_->device(), &lines));
    for (const std::string& line : lines) {
      records_.journal().Note(learner_->steps_done(), line);
    }
    const std::unique_ptr<Snapshots> snapshots =
        records_.silent()
            ? nullptr
            : Snapshots::Create(spec_, data_.train(), records_.path());
    std::optional<Profile> profile;
    if (options_.profile && !records_.silent()) {
      profile.emplace(records_.path() + "/profile.json",
                      learner_->method().encoder().first_weight().device());
    }
    Loop loop({spec_, group_, *learner_, *loader, data_.knn.get(), stop,
               records_.journal(), records_.progress(), records_.path(),
               threads_, data_.train().fingerprint(), ranks_before_,
               learner_->method().InitialLossBand(batch() / group_.size(),
                                                  group_.size()),
               snapshots.get(), profile ? &*profile : nullptr},
              std::move(measured_.results), measured_.evaluated_at);
    const auto ended = loop.Run(
        options_.max_steps > 0 ? options_.max_steps : learner_->total_steps());
    records_.progress().EndSteps();
    if (!ended.ok()) return ended.status();
    return End(loop, *ended);
  }

  TrainResult End(const Loop& loop, LoopEnd ended) {
    TrainResult result;
    result.step = learner_->steps_done();
    result.finished = ended == LoopEnd::kAllSteps;
    result.signal = ended == LoopEnd::kSignal ? loop.stop_signal() : 0;
    result.weights = learner_->WeightsChecksum();
    result.results = loop.results();
    RunCost cost;
    cost.total_steps = learner_->total_steps();
    cost.time = absl::Now() - begin_;
    cost.images_per_second =
        loop.pace().MeanStepsPerSecond() * static_cast<double>(batch());
    if (const auto& checkpoint = loop.checkpoint()) {
      cost.checkpoint = checkpoint->path;
      records_.journal().Artifact("checkpoint", checkpoint->path,
                                  checkpoint->bytes, checkpoint->checksum);
    }
    records_.End(cost, &result);
    return result;
  }

  // All numbers of ranks so far, where they are a part of the experiment.
  std::string RanksText() const {
    if (!has_rank_state()) return "";
    if (ranks_before_.empty() && group_.size() == 1) return "";
    return absl::StrCat(ranks_before_, ranks_before_.empty() ? "" : ", then ",
                        group_.size());
  }

  bool has_rank_state() const {
    return !learner_->method().RankState().empty();
  }
  int64_t batch() const { return spec_.data().global_batch(); }

  const absl::Time begin_ = absl::Now();
  const ExperimentSpec& spec_;
  const TrainOptions& options_;
  const int threads_;
  ProcessGroup& group_;
  RunData data_;
  std::unique_ptr<Learner> learner_;
  RunRecords records_;              // of rank 0; silent on the others
  std::vector<std::string> lines_;  // what resuming has to say
  Measured measured_;
  std::string ranks_before_;  // checkpoint.h
};

}  // namespace

absl::StatusOr<TrainResult> Train(const ExperimentSpec& spec,
                                  const TrainOptions& options,
                                  const MethodFactory& factory,
                                  ProcessGroup& group) {
  return Training(spec, options, group).Run(factory);
}

absl::StatusOr<TrainResult> Train(const ExperimentSpec& spec,
                                  const TrainOptions& options,
                                  const MethodFactory& factory) {
  SingleProcess alone;
  return Train(spec, options, factory, alone);
}

}  // namespace snclr
