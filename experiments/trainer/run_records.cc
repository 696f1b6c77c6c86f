// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_records.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/run_facts.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

RunRecords::RunRecords(const ExperimentSpec& spec, const TrainOptions& options)
    : spec_(spec),
      options_(options),
      progress_(std::make_unique<Progress>(nullptr, false, nullptr)),
      journal_(nullptr, nullptr, progress_.get()) {}

RunRecords::~RunRecords() {
  progress_.reset();
  if (log_ != nullptr) std::fclose(log_);
}

absl::Status RunRecords::OpenFolder() {
  RETURN_IF_ERROR(PrepareTracker(options_.db));
  ASSIGN_OR_RETURN(auto folder,
                   RunFolder::Open(spec_, options_.out, options_.resume));
  folder_.emplace(std::move(folder));
  log_ = std::fopen((path() + "/train.log").c_str(), "ae");
  progress_ = std::make_unique<Progress>(options_.screen,
                                         IsTerminal(options_.screen), log_);
  journal_ = Journal(nullptr, nullptr, progress_.get());
  return absl::OkStatus();
}

absl::Status RunRecords::Start(const RunData& data, Learner& learner,
                               int threads, int64_t ranks,
                               const std::string& ranks_text,
                               const std::vector<std::string>& lines) {
  if (silent()) return absl::OkStatus();
  RunInfo info = Info(data.train());
  if (!ranks_text.empty()) info.parameters["ranks"] = ranks_text;
  if (resumed()) info.resumed_at_step = learner.steps_done();
  ASSIGN_OR_RETURN(
      recorder_,
      StartRecorder(info, options_.db,
                    absl::Seconds(spec_.tracking().heartbeat_seconds())));
  if (spec_.tracking().tensorboard()) {
    ASSIGN_OR_RETURN(events_,
                     EventWriter::Open(path(), learner.steps_done() + 1));
  }
  journal_ = Journal(recorder_.get(), events_.get(), progress_.get());
  progress_->Facts(absl::StrCat(learner.method().name(), ": ", folder_->run()),
                   RunFacts(spec_, learner, data.train(), data.test(), path(),
                            info.device, threads, ranks));
  for (const std::string& line : lines) progress_->Line(line);
  return absl::OkStatus();
}

RunInfo RunRecords::Info(const Source& train) const {
  const Environment environment = DescribeEnvironment(options_.source_folder);
  RunInfo info;
  info.run = folder_->run();
  info.folder = folder_->path();
  info.name = spec_.name();
  info.method = MethodName(spec_);
  info.seed = spec_.seed();
  info.question = spec_.question();
  info.spec_text = SpecToText(spec_);
  info.spec_hash = SpecHash(spec_);
  info.parameters = FlattenSpec(spec_);
  info.data_fingerprint = train.fingerprint();
  info.host = environment.host;
  info.device = environment.device;
  if (!options_.device.name.empty()) {
    info.device =
        absl::StrCat("cuda: ", options_.device.name, "; ", environment.device);
  }
  info.git_commit = environment.git_commit;
  info.git_diff = environment.git_diff;
  return info;
}

void RunRecords::End(const RunCost& cost, TrainResult* result) {
  if (silent()) return;
  result->run = folder_->run();
  result->folder = folder_->path();
  const std::string reason =
      result->finished      ? ""
      : result->signal != 0 ? strsignal(result->signal)
                            : absl::StrCat("--max_steps=", options_.max_steps);
  MarkEnd({result->finished ? RunEnd::Kind::kFinished : RunEnd::Kind::kStopped,
           result->step, reason});
  progress_->Facts(ResultTitle(*result, cost),
                   ResultFacts(*result, cost, spec_, options_));
}

void RunRecords::Fail(int64_t step, const std::string& why) {
  if (!silent()) MarkEnd({RunEnd::Kind::kFailed, step, why});
}

void RunRecords::MarkEnd(const RunEnd& end) {
  const RunStatus status =
      end.kind == RunEnd::Kind::kFinished  ? RunStatus::kFinished
      : end.kind == RunEnd::Kind::kStopped ? RunStatus::kStopped
                                           : RunStatus::kFailed;
  for (const absl::Status& marked :
       // In this order: a run that is killed in between is resumed, and ends
       // once more; the other way round the tracker would never hear of it.
       {recorder_->Finish(status, end.reason), folder_->MarkEnded(end)}) {
    if (!marked.ok()) progress_->Line(absl::StrCat("! ", marked.message()));
  }
}

}  // namespace snclr
