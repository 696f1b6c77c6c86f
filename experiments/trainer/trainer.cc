// SPDX-License-Identifier: MIT
#include "experiments/trainer/trainer.h"

#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "data/loader.h"
#include "data/source.h"
#include "eval/knn_evaluation.h"
#include "experiments/proto/spec.h"
#include "experiments/tracker/recorder.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/format.h"
#include "experiments/trainer/journal.h"
#include "experiments/trainer/loop.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/run_facts.h"
#include "experiments/trainer/run_folder.h"
#include "experiments/trainer/stop_signal.h"
#include "experiments/trainer/tensorboard.h"
#include "experiments/trainer/threads.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// The images of a run.
struct RunData {
  std::unique_ptr<KnnEvaluation> knn;    // null: k-NN is not evaluated
  std::string why_no_knn;                // for a person, where it was asked for
  std::unique_ptr<Source> without_knn;   // the training images where knn is null

  const Source& train() const { return knn ? knn->train() : *without_knn; }
  const Source* test() const { return knn ? &knn->test() : nullptr; }
};

absl::StatusOr<RunData> OpenData(const ExperimentSpec& spec) {
  RunData data;
  const KnnSpec& knn = spec.evaluation().knn();
  if (knn.every_epochs() > 0) {
    auto evaluation =
        KnnEvaluation::Create(spec.data(), spec.augmentation(),
                              {knn.neighbors(), knn.temperature()},
                              spec.evaluation().batch());
    if (evaluation.ok()) {
      data.knn = *std::move(evaluation);
    } else if (absl::IsFailedPrecondition(evaluation.status())) {
      data.why_no_knn = std::string(evaluation.status().message());
    } else {
      return evaluation.status();
    }
  }
  if (!data.knn) {
    ASSIGN_OR_RETURN(data.without_knn, OpenSource(spec.data(), Split::kTrain));
  }
  if (spec.data().global_batch() > data.train().size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.global_batch: a batch of ", spec.data().global_batch(),
        " images is larger than the data set, which has ", data.train().size()));
  }
  return data;
}

absl::StatusOr<std::unique_ptr<Loader>> OpenLoader(const ExperimentSpec& spec,
                                                   const Source& train,
                                                   int64_t first_step) {
  LoaderOptions options;
  options.seed = spec.seed();
  options.batch = spec.data().global_batch();
  options.image_size_px = spec.encoder().image_size_px();
  options.workers = spec.data().workers();
  options.prefetch_batches = spec.data().prefetch_batches();
  options.max_broken_images = spec.data().max_broken_images();
  options.first_step = first_step;
  return MakeLoader(train, spec.augmentation(), options);
}

// Back to the newest checkpoint of the folder. Lines for a person go to `lines`.
absl::StatusOr<std::map<std::string, double>> Resume(
    const RunFolder& folder, int threads, Learner& learner,
    std::vector<std::string>* lines) {
  std::vector<std::string> damaged;
  auto checkpoint = ReadNewestCheckpoint(folder.path(), &damaged);
  for (const std::string& line : damaged) {
    lines->push_back(absl::StrCat("passed over ", line));
  }
  if (absl::IsNotFound(checkpoint.status())) {
    lines->push_back("it ended before its first checkpoint: from the beginning");
    return std::map<std::string, double>();
  }
  if (!checkpoint.ok()) return checkpoint.status();
  RETURN_IF_ERROR(learner.Restore(*checkpoint)) << folder.path();
  lines->push_back(absl::StrCat("continues after step ",
                                FormatCount(checkpoint->step), " of ",
                                FormatCount(learner.total_steps())));
  if (checkpoint->threads != threads) {
    lines->push_back(absl::StrCat(
        "it ran with ", checkpoint->threads, " threads, now there are ", threads,
        ": sums are rounded differently, numbers will agree but not to the last bit"));
  }
  return checkpoint->results;
}

RunInfo InfoFor(const ExperimentSpec& spec, const RunFolder& folder,
                const Source& train, const Environment& environment) {
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
  info.data_fingerprint = train.fingerprint();
  info.host = environment.host;
  info.device = environment.device;
  info.git_commit = environment.git_commit;
  info.git_diff = environment.git_diff;
  return info;
}

std::string KnnLine(const std::map<std::string, double>& results) {
  const auto after = results.find("knn_top1");
  if (after == results.end()) return "";
  const auto before = results.find("knn_top1_untrained");
  if (before == results.end()) return absl::StrFormat("%.1f %%", after->second);
  return absl::StrFormat("%.1f %% untrained -> %.1f %% (%+.1f points)", before->second,
                         after->second, after->second - before->second);
}

// The last lines: what came out, and how to see more or go on.
void PrintResult(const TrainResult& result, const TrainOptions& options,
                 const Loop& loop, int64_t total_steps, absl::Duration took,
                 int64_t batch, Progress& progress) {
  Facts facts;
  const std::string knn = KnnLine(result.results);
  if (!knn.empty()) facts.emplace_back("k-NN top-1", knn);
  facts.emplace_back(
      "time", absl::StrCat(FormatTime(took), ", ",
                           FormatSpeed(loop.pace().MeanStepsPerSecond() *
                                       static_cast<double>(batch)),
                           " images/s while training"));
  if (loop.checkpoint()) {
    facts.emplace_back("checkpoint", ShortPath(loop.checkpoint()->path));
  }
  facts.emplace_back("weights", result.weights);
  if (!result.finished) {
    facts.emplace_back("to continue", "the same command again");
  }
  const std::string out = ShortPath(options.out);
  facts.emplace_back("curves", absl::StrCat("tensorboard --logdir=", ShellQuoted(out)));
  const std::string db = ShortPath(options.db);
  facts.emplace_back(
      "all runs",
      absl::StrCat("tools/bazel run //tools:compare -- --metric=knn_top1",
                   db == "runs/tracker.sqlite" ? "" : " --db=" + ShellQuoted(db)));
  progress.Facts(
      absl::StrCat(result.finished ? "Finished" : "Stopped", " after ",
                   FormatCount(result.step),
                   result.finished ? "" : absl::StrCat(" of ", FormatCount(total_steps)),
                   " steps: ", result.run),
      facts);
}

// Ends the run in folder and tracker. What cannot be written is told, no more: the
// run itself is what it is.
void MarkEnd(const RunEnd& end, const RunFolder& folder, Recorder& recorder,
             Progress& progress) {
  const RunStatus status = end.kind == RunEnd::Kind::kFinished ? RunStatus::kFinished
                           : end.kind == RunEnd::Kind::kStopped
                               ? RunStatus::kStopped
                               : RunStatus::kFailed;
  for (const absl::Status& marked :
       {folder.MarkEnded(end), recorder.Finish(status, end.reason)}) {
    if (!marked.ok()) progress.Line(absl::StrCat("! ", marked.message()));
  }
}

}  // namespace

absl::StatusOr<TrainResult> Train(const ExperimentSpec& spec,
                                  const TrainOptions& options,
                                  const MethodFactory& factory) {
  const absl::Time begin = absl::Now();
  const int threads = SetMathThreads(spec.parallelism().threads());
  SingleProcess group;
  ASSIGN_OR_RETURN(const RunData data, OpenData(spec));
  const int64_t batch = spec.data().global_batch();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Learner> learner,
      Learner::Create(spec, factory, data.train().size() / batch, group));

  ASSIGN_OR_RETURN(const RunFolder folder,
                   RunFolder::Open(spec, options.out, options.resume));
  RemoveOrphans(folder.path());
  std::vector<std::string> lines;
  std::map<std::string, double> results;
  if (folder.resumed()) {
    ASSIGN_OR_RETURN(results, Resume(folder, threads, *learner, &lines));
  }
  const Environment environment = DescribeEnvironment(options.source_folder);
  RunInfo info = InfoFor(spec, folder, data.train(), environment);
  if (folder.resumed()) info.resumed_at_step = learner->steps_done();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Recorder> recorder,
      StartRecorder(info, options.db,
                    absl::Seconds(spec.tracking().heartbeat_seconds())));
  std::unique_ptr<EventWriter> events;
  if (spec.tracking().tensorboard()) {
    ASSIGN_OR_RETURN(events,
                     EventWriter::Open(folder.path(), learner->steps_done() + 1));
  }

  std::FILE* const log = std::fopen((folder.path() + "/train.log").c_str(), "ae");
  const absl::Cleanup close_log = [log] {
    if (log != nullptr) std::fclose(log);
  };
  Progress progress(options.screen, IsTerminal(options.screen), log);
  progress.Facts(absl::StrCat(info.method, ": ", folder.run()),
                 RunFacts(spec, *learner, data.train(), data.test(), folder.path(),
                          environment.device, threads));
  for (const std::string& line : lines) progress.Line(line);
  Journal journal(recorder.get(), events.get(), &progress);
  if (!data.why_no_knn.empty()) {
    journal.Note(learner->steps_done(), "k-NN is left out: " + data.why_no_knn);
  }

  const StopSignal stop;
  ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader,
                   OpenLoader(spec, data.train(), learner->steps_done()));
  Loop loop({spec, *learner, *loader, data.knn.get(), stop, journal, progress,
             folder.path(), threads, learner->method().InitialLossBand(batch, 1)},
            std::move(results));
  const int64_t total_steps = learner->total_steps();
  const auto ended =
      loop.Run(options.max_steps > 0 ? options.max_steps : total_steps);
  progress.EndSteps();
  if (!ended.ok()) {
    MarkEnd({RunEnd::Kind::kFailed, learner->steps_done(),
             std::string(ended.status().message())},
            folder, *recorder, progress);
    return ended.status();
  }

  TrainResult result;
  result.run = folder.run();
  result.folder = folder.path();
  result.step = learner->steps_done();
  result.finished = *ended == LoopEnd::kAllSteps;
  result.signal = *ended == LoopEnd::kSignal ? stop.requested() : 0;
  result.weights = learner->WeightsChecksum();
  result.results = loop.results();
  if (loop.checkpoint()) {
    recorder->Artifact("checkpoint", loop.checkpoint()->path, loop.checkpoint()->bytes,
                       loop.checkpoint()->checksum);
  }
  MarkEnd({result.finished ? RunEnd::Kind::kFinished : RunEnd::Kind::kStopped,
           result.step,
           result.finished      ? ""
           : result.signal != 0 ? strsignal(result.signal)
                                : absl::StrCat("--max_steps=", options.max_steps)},
          folder, *recorder, progress);
  PrintResult(result, options, loop, total_steps, absl::Now() - begin, batch, progress);
  return result;
}

}  // namespace snclr
