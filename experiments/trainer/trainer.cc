// SPDX-License-Identifier: MIT
#include "experiments/trainer/trainer.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "experiments/proto/spec.h"
#include "experiments/tracker/recorder.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/format.h"
#include "experiments/trainer/journal.h"
#include "experiments/trainer/loop.h"
#include "experiments/trainer/profile.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/run_data.h"
#include "experiments/trainer/run_facts.h"
#include "experiments/trainer/run_folder.h"
#include "experiments/trainer/snapshots.h"
#include "experiments/trainer/stop_signal.h"
#include "experiments/trainer/tensorboard.h"
#include "experiments/trainer/threads.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {
namespace {

// The run's log; a run goes on without one where it cannot be opened.
class Log {
 public:
  explicit Log(const std::string& path)
      : file_(std::fopen(path.c_str(), "ae")) {}
  ~Log() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  std::FILE* file() { return file_; }

 private:
  std::FILE* file_;
};

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
    const RunFolder& folder, const std::string& data_fingerprint,
    std::vector<std::string>* lines) {
  std::vector<std::string> damaged;
  auto checkpoint = ReadNewestCheckpoint(folder.path(), &damaged);
  for (const std::string& line : damaged) {
    lines->push_back(absl::StrCat("passed over ", line));
  }
  if (absl::IsNotFound(checkpoint.status())) {
    lines->push_back(
        "it ended before its first checkpoint: from the beginning");
    return std::nullopt;
  }
  if (!checkpoint.ok()) return checkpoint.status();
  RETURN_IF_ERROR(CheckSameData(*checkpoint, data_fingerprint))
      << folder.path();
  return *std::move(checkpoint);
}

// What to say of a run that goes on.
std::vector<std::string> ResumeLines(const Checkpoint& checkpoint, int threads,
                                     int64_t ranks, int64_t total_steps) {
  std::vector<std::string> lines = {
      absl::StrCat("continues after step ", FormatCount(checkpoint.step),
                   " of ", FormatCount(total_steps))};
  constexpr char kRounding[] =
      ": sums are rounded differently, numbers will agree but not to the last "
      "bit";
  if (checkpoint.ranks != ranks) {
    lines.push_back(absl::StrCat("it ran on ", checkpoint.ranks,
                                 checkpoint.ranks == 1 ? " rank" : " ranks",
                                 ", now there are ", ranks, kRounding,
                                 "; what each rank had for itself is dealt out "
                                 "anew"));
  } else if (checkpoint.threads != threads) {
    lines.push_back(absl::StrCat("it ran with ", checkpoint.threads,
                                 " threads, now there are ", threads,
                                 kRounding));
  }
  return lines;
}

RunInfo InfoFor(const ExperimentSpec& spec, const RunFolder& folder,
                const Source& train, const Environment& environment,
                int64_t ranks) {
  RunInfo info;
  info.run = folder.run();
  info.folder = folder.path();
  info.name = spec.name();
  info.method = MethodName(spec);
  info.seed = spec.seed();
  info.question = spec.question();
  info.spec_text = SpecToText(spec);
  info.spec_hash = SpecHash(spec);
  info.parameters = FlattenSpec(spec);
  // No field of the spec, yet a bank of each rank's own keys depends on it.
  if (ranks > 1) info.parameters["ranks"] = absl::StrCat(ranks);
  info.data_fingerprint = train.fingerprint();
  info.host = environment.host;
  info.device = environment.device;
  info.git_commit = environment.git_commit;
  info.git_diff = environment.git_diff;
  return info;
}

std::string KnnLine(const std::map<std::string, double>& results,
                    bool has_initial_weights) {
  const auto after = results.find("knn_top1");
  if (after == results.end()) return "";
  const auto before = results.find("knn_top1_untrained");
  if (before == results.end()) return absl::StrFormat("%.1f %%", after->second);
  return absl::StrFormat("%.1f %% %s -> %.1f %% (%+.1f points)", before->second,
                         has_initial_weights ? "before training" : "untrained",
                         after->second, after->second - before->second);
}

// The last lines: what came out, and how to see more or go on.
void PrintResult(const TrainResult& result, const TrainOptions& options,
                 const Loop& loop, int64_t total_steps, absl::Duration took,
                 const ExperimentSpec& spec, Progress& progress) {
  const int64_t batch = spec.data().global_batch();
  Facts facts;
  const std::string knn = KnnLine(result.results, spec.has_initial_weights());
  if (!knn.empty()) facts.emplace_back("k-NN top-1", knn);
  facts.emplace_back("time",
                     absl::StrCat(FormatTime(took), ", ",
                                  FormatSpeed(loop.pace().MeanStepsPerSecond() *
                                              static_cast<double>(batch)),
                                  " images/s while training"));
  if (loop.checkpoint()) {
    facts.emplace_back("checkpoint", ShortPath(loop.checkpoint()->path));
  }
  if (!result.finished) {
    facts.emplace_back("to go on",
                       result.signal != 0
                           ? "the same command again"
                           : "the same command without --max_steps");
  }
  const std::string out = ShortPath(options.out);
  facts.emplace_back("curves",
                     absl::StrCat("tensorboard --logdir=", ShellQuoted(out)));
  const std::string db = ShortPath(options.db);
  facts.emplace_back(
      "all runs",
      absl::StrCat(
          "tools/bazel run //tools:compare -- --metric=knn_top1",
          db == "runs/tracker.sqlite" ? "" : " --db=" + ShellQuoted(db)));
  progress.Facts(
      absl::StrCat(
          result.finished ? "Finished" : "Stopped", " after ",
          FormatCount(result.step),
          result.finished ? "" : absl::StrCat(" of ", FormatCount(total_steps)),
          " steps: ", result.run, ", weights ", result.weights),
      facts);
}

// Ends the run in tracker and folder. What cannot be written is told, no more:
// the run itself is what it is. The folder comes last: who finds it finished
// does not go on, so the tracker must know by then.
void MarkEnd(const RunEnd& end, const RunFolder& folder, Recorder& recorder,
             Progress& progress) {
  const RunStatus status =
      end.kind == RunEnd::Kind::kFinished  ? RunStatus::kFinished
      : end.kind == RunEnd::Kind::kStopped ? RunStatus::kStopped
                                           : RunStatus::kFailed;
  for (const absl::Status& marked :
       // In this order: a run that is killed in between is resumed, and ends
       // once more; the other way round the tracker would never hear of it.
       {recorder.Finish(status, end.reason), folder.MarkEnded(end)}) {
    if (!marked.ok()) progress.Line(absl::StrCat("! ", marked.message()));
  }
}

// One call of Train(), in its phases. Members are destroyed in reverse: the
// loop's parts outlive the loop, the folder's lock outlives all that writes
// there.
class Training {
 public:
  Training(const ExperimentSpec& spec, const TrainOptions& options,
           ProcessGroup& group)
      : spec_(spec),
        options_(options),
        threads_(SetMathThreads(spec.parallelism().threads())),
        group_(group) {}

  absl::StatusOr<TrainResult> Run(const MethodFactory& factory) {
    RETURN_IF_ERROR(Agree(MakeLearner(factory), group_));
    RETURN_IF_ERROR(CheckRanks());
    std::optional<Checkpoint> checkpoint;
    RETURN_IF_ERROR(Agree(OpenFolder(&checkpoint), group_));
    RETURN_IF_ERROR(MakeEqual(checkpoint));
    checkpoint.reset();
    RETURN_IF_ERROR(Agree(StartRecords(), group_));
    Log log(is_first() ? folder_->path() + "/train.log" : "/dev/null");
    Progress progress(is_first() ? options_.screen : nullptr,
                      is_first() && IsTerminal(options_.screen), log.file());
    absl::StatusOr<TrainResult> result = RunLoop(progress);
    // The others wait for this rank: for its next exchange, or its good-bye.
    if (!result.ok()) {
      group_.Abandon(std::string(result.status().message()));
    } else {
      RETURN_IF_ERROR(CatchTorch([&] {
        group_.Barrier();
        return absl::OkStatus();
      })) << "after the last step";
    }
    if (!result.ok() && is_first()) {
      MarkEnd({RunEnd::Kind::kFailed, learner_->steps_done(),
               std::string(result.status().message())},
              *folder_, *recorder_, progress);
    }
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
    ASSIGN_OR_RETURN(data_, OpenRunData(spec_));
    ASSIGN_OR_RETURN(learner_,
                     Learner::Create(spec_, factory,
                                     data_.train().size() / batch(), group_));
    const int64_t classes = data_.train().class_names().size();
    if (classes > 0) learner_->AddOnlineProbe(classes);
    return absl::OkStatus();
  }

  // One run is made of one spec and one set of images.
  absl::Status CheckRanks() {
    RETURN_IF_ERROR(
        CheckSameOnAll("the spec with hash", SpecHash(spec_), group_));
    RETURN_IF_ERROR(CheckSameOnAll("training images with fingerprint",
                                   data_.train().fingerprint(), group_));
    return CheckSameOnAll("a k-NN accuracy:", data_.knn ? "yes" : "no", group_);
  }

  absl::Status OpenFolder(std::optional<Checkpoint>* checkpoint) {
    if (!is_first()) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto folder,
                     RunFolder::Open(spec_, options_.out, options_.resume));
    folder_.emplace(std::move(folder));
    RemoveOrphans(folder_->path());
    if (!folder_->resumed()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        *checkpoint,
        ReadForResume(*folder_, data_.train().fingerprint(), &lines_));
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
        << (is_first() ? folder_->path() : "");
    if (!checkpoint) return absl::OkStatus();
    for (std::string& line : ResumeLines(*checkpoint, threads_, group_.size(),
                                         learner_->total_steps())) {
      lines_.push_back(std::move(line));
    }
    return absl::OkStatus();
  }

  absl::Status StartRecords() {
    if (!is_first()) return absl::OkStatus();
    environment_ = DescribeEnvironment(options_.source_folder);
    RunInfo info =
        InfoFor(spec_, *folder_, data_.train(), environment_, group_.size());
    if (folder_->resumed()) info.resumed_at_step = learner_->steps_done();
    ASSIGN_OR_RETURN(
        recorder_,
        StartRecorder(info, options_.db,
                      absl::Seconds(spec_.tracking().heartbeat_seconds())));
    if (!spec_.tracking().tensorboard()) return absl::OkStatus();
    ASSIGN_OR_RETURN(events_, EventWriter::Open(folder_->path(),
                                                learner_->steps_done() + 1));
    return absl::OkStatus();
  }

  absl::StatusOr<TrainResult> RunLoop(Progress& progress) {
    if (is_first()) {
      progress.Facts(
          absl::StrCat(learner_->method().name(), ": ", folder_->run()),
          RunFacts(spec_, *learner_, data_.train(), data_.test(),
                   folder_->path(), environment_.device, threads_,
                   group_.size()));
    }
    for (const std::string& line : lines_) progress.Line(line);
    Journal journal(recorder_.get(), events_.get(), &progress);
    if (!data_.why_no_knn.empty()) {
      journal.Note(learner_->steps_done(),
                   "k-NN is left out: " + data_.why_no_knn);
    }
    const StopSignal stop;
    ASSIGN_OR_RETURN(
        const std::unique_ptr<Loader> loader,
        OpenLoader(spec_, data_.train(), learner_->steps_done(), group_));
    const std::unique_ptr<Snapshots> snapshots =
        is_first() ? Snapshots::Create(spec_, data_.train(), folder_->path())
                   : nullptr;
    std::optional<Profile> profile;
    if (options_.profile && is_first()) {
      profile.emplace(folder_->path() + "/profile.json",
                      learner_->method().encoder().first_weight().device());
    }
    Loop loop({spec_, group_, *learner_, *loader, data_.knn.get(), stop,
               journal, progress, is_first() ? folder_->path() : "", threads_,
               data_.train().fingerprint(),
               learner_->method().InitialLossBand(batch() / group_.size(),
                                                  group_.size()),
               snapshots.get(), profile ? &*profile : nullptr},
              std::move(measured_.results), measured_.evaluated_at);
    const auto ended = loop.Run(
        options_.max_steps > 0 ? options_.max_steps : learner_->total_steps());
    progress.EndSteps();
    if (!ended.ok()) return ended.status();
    return End(loop, *ended,
               *ended == LoopEnd::kSignal ? loop.stop_signal() : 0, progress);
  }

  TrainResult End(const Loop& loop, LoopEnd ended, int signal,
                  Progress& progress) {
    TrainResult result;
    result.step = learner_->steps_done();
    result.finished = ended == LoopEnd::kAllSteps;
    result.signal = signal;
    result.weights = learner_->WeightsChecksum();
    result.results = loop.results();
    if (!is_first()) return result;
    result.run = folder_->run();
    result.folder = folder_->path();
    if (const auto& checkpoint = loop.checkpoint()) {
      recorder_->Artifact("checkpoint", checkpoint->path, checkpoint->bytes,
                          checkpoint->checksum);
    }
    const std::string reason =
        result.finished ? ""
        : signal != 0   ? strsignal(signal)
                        : absl::StrCat("--max_steps=", options_.max_steps);
    MarkEnd({result.finished ? RunEnd::Kind::kFinished : RunEnd::Kind::kStopped,
             result.step, reason},
            *folder_, *recorder_, progress);
    PrintResult(result, options_, loop, learner_->total_steps(),
                absl::Now() - begin_, spec_, progress);
    return result;
  }

  int64_t batch() const { return spec_.data().global_batch(); }
  bool is_first() const { return group_.rank() == 0; }

  const absl::Time begin_ = absl::Now();
  const ExperimentSpec& spec_;
  const TrainOptions& options_;
  const int threads_;
  ProcessGroup& group_;
  RunData data_;
  std::unique_ptr<Learner> learner_;
  // Of rank 0; the others have neither folder nor recorder.
  std::optional<RunFolder> folder_;
  std::vector<std::string> lines_;  // what resuming has to say
  Measured measured_;
  Environment environment_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<EventWriter> events_;  // null where the spec wants none
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
