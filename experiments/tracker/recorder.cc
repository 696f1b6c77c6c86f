// SPDX-License-Identifier: MIT
#include "experiments/tracker/recorder.h"

#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "experiments/tracker/boot_id.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/give_way.h"
#include "experiments/tracker/ingest.h"
#include "experiments/tracker/log_appender.h"
#include "experiments/tracker/run_event.pb.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/run_status.h"
#include "experiments/tracker/schema.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// How often the log is brought into the database.
constexpr absl::Duration kIngestEvery = absl::Milliseconds(500);
// How long a start or an end waits for a database that others keep locked.
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kBusyTimeout = absl::Seconds(2);
// A diff above this is cut: it is there to be read.
constexpr size_t kMaxDiffBytes = 4 << 20;

RunEvent EventNow() {
  RunEvent event;
  event.set_time(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  return event;
}

RunEvent StartEvent(const RunInfo& info, absl::Duration heartbeat) {
  RunEvent event = EventNow();
  RunEvent::Start& start = *event.mutable_start();
  start.set_run(info.run);
  start.set_name(info.name);
  start.set_method(info.method);
  start.set_seed(info.seed);
  start.set_question(info.question);
  start.set_spec_text(info.spec_text);
  start.set_spec_hash(info.spec_hash);
  for (const auto& [path, value] : info.parameters) {
    (*start.mutable_parameters())[path] = value;
  }
  start.set_data_fingerprint(info.data_fingerprint);
  start.set_host(info.host);
  start.set_device(info.device);
  start.set_git_commit(info.git_commit);
  start.set_git_diff(info.git_diff.substr(0, kMaxDiffBytes));
  start.set_resumed_at_step(info.resumed_at_step);
  start.set_heartbeat_seconds(absl::ToDoubleSeconds(heartbeat));
  start.set_boot_id(BootId());
  return event;
}

// Tries again as long as only another process is in the way.
absl::Status WithPatience(absl::FunctionRef<absl::Status()> attempt) {
  const absl::Time give_up = absl::Now() + kPatience;
  while (true) {
    const absl::Status status = attempt();
    if (!absl::IsUnavailable(status) || absl::Now() > give_up) return status;
    absl::SleepFor(absl::Milliseconds(50));
  }
}

// Metrics in three pieces of memory: a copy that costs a step next to nothing.
class PackedMetrics {
 public:
  explicit PackedMetrics(const std::vector<MetricValue>& values) {
    size_t length = 0;
    for (const MetricValue& value : values) length += value.name.size();
    names_.reserve(length);
    ends_.reserve(values.size());
    values_.reserve(values.size());
    for (const MetricValue& value : values) {
      names_.append(value.name);
      ends_.push_back(names_.size());
      values_.push_back(value.value);
    }
  }

  int64_t bytes() const {
    return static_cast<int64_t>(names_.size() + 16 * values_.size());
  }

  void CopyTo(RunEvent::Metrics* metrics) const {
    size_t begin = 0;
    for (size_t i = 0; i < values_.size(); ++i) {
      metrics->add_names(names_.substr(begin, ends_[i] - begin));
      metrics->add_values(values_[i]);
      begin = ends_[i];
    }
  }

 private:
  std::string names_;         // one after the other
  std::vector<size_t> ends_;  // of each in names_
  std::vector<double> values_;
};

class LogRecorder : public Recorder {
 public:
  LogRecorder(const RunInfo& info, Database database, int64_t run_id,
              RunLog log, absl::Duration heartbeat)
      : folder_(info.folder),
        database_(std::move(database)),
        run_id_(run_id),
        appender_(std::move(log), heartbeat,
                  [] { return EventNow().SerializeAsString(); }),
        ingest_thread_([this] { IngestLoop(); }) {}

  ~LogRecorder() override {
    if (!ingest_thread_.joinable()) return;
    absl::Status status = appender_.Close();
    StopIngesting();
    if (status.ok()) status = Ingest();
    if (!status.ok()) LOG(WARNING) << folder_ << ": " << status.message();
  }

  void Metrics(int64_t step, double epoch,
               const std::vector<MetricValue>& values) override {
    PackedMetrics packed(values);
    const int64_t bytes = packed.bytes();
    appender_.AddLater(
        [event = EventNow(), step, epoch,
         packed = std::move(packed)]() mutable {
          event.mutable_metrics()->set_step(step);
          event.mutable_metrics()->set_epoch(epoch);
          packed.CopyTo(event.mutable_metrics());
          return event.SerializeAsString();
        },
        bytes);
  }

  void Artifact(const std::string& kind, const std::string& path, int64_t bytes,
                const std::string& checksum) override {
    RunEvent event = EventNow();
    event.mutable_artifact()->set_kind(kind);
    event.mutable_artifact()->set_path(path);
    event.mutable_artifact()->set_bytes(bytes);
    event.mutable_artifact()->set_checksum(checksum);
    // A resumed run must not be ahead of its log: metrics go along to the disk.
    appender_.Add(event.SerializeAsString(), /*sync=*/true);
  }

  void Note(int64_t step, const std::string& text) override {
    RunEvent event = EventNow();
    event.mutable_note()->set_step(step);
    event.mutable_note()->set_text(text);
    appender_.Add(event.SerializeAsString());
  }

  absl::Status Finish(RunStatus status, const std::string& reason) override {
    if (status == RunStatus::kRunning) {
      return absl::InvalidArgumentError("a run can't end as running");
    }
    if (!ingest_thread_.joinable()) {
      return absl::FailedPreconditionError(
          absl::StrCat(folder_, ": the run has ended already"));
    }
    RunEvent event = EventNow();
    event.mutable_finish()->set_status(RunStatusName(status));
    event.mutable_finish()->set_reason(reason);
    appender_.Add(event.SerializeAsString());
    const absl::Status written = appender_.Close();
    StopIngesting();
    const absl::Status ingested = WithPatience([this] { return Ingest(); });
    RETURN_IF_ERROR(written) << "recording the end of the run";
    RETURN_IF_ERROR(ingested) << "the run is whole in " << folder_ << "/"
                              << kRunLogName << " but not yet in the database";
    return absl::OkStatus();
  }

 private:
  absl::Status Ingest() {
    const int64_t end = appender_.end();
    if (end == ingested_) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::vector<std::string> warnings,
                     IngestRunLog(database_, run_id_, folder_));
    for (const std::string& warning : warnings) LOG(WARNING) << warning;
    ingested_ = end;
    return absl::OkStatus();
  }

  void IngestLoop() {
    GiveWay();  // the log has it all, so the database may wait
    bool has_failed = false;
    while (true) {
      {
        absl::MutexLock lock(&mutex_);
        mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kIngestEvery);
        if (stopping_) return;
      }
      const absl::Status status = Ingest();
      // A busy database is nothing to talk about: the log has it all.
      if (!status.ok() && !absl::IsUnavailable(status) && !has_failed) {
        LOG(WARNING) << "the database does not follow the run, its log does: "
                     << status.message();
        has_failed = true;
      }
    }
  }

  void StopIngesting() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (ingest_thread_.joinable()) ingest_thread_.join();
  }

  const std::string folder_;
  Database database_;  // the thread's alone until it is joined
  const int64_t run_id_;
  int64_t ingested_ = 0;  // the log's end at the last ingest
  LogAppender appender_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread ingest_thread_;
};

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(folder, ": cannot be made: ", error.message()));
}

absl::StatusOr<Database> OpenForWriting(const std::string& db_path) {
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(db_path, OpenMode::kWrite, kBusyTimeout));
  RETURN_IF_ERROR(WithPatience([&] { return Migrate(database); }));
  return database;
}

}  // namespace

absl::Status PrepareTracker(const std::string& db_path) {
  return OpenForWriting(db_path).status();
}

absl::StatusOr<std::unique_ptr<Recorder>> StartRecorder(
    const RunInfo& info, const std::string& db_path, absl::Duration heartbeat) {
  if (info.folder.empty() || heartbeat <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "a recorder needs a run's folder and a heartbeat above 0 s");
  }
  ASSIGN_OR_RETURN(Database database, OpenForWriting(db_path));
  RETURN_IF_ERROR(MakeFolder(info.folder));
  ASSIGN_OR_RETURN(RunLog log,
                   RunLog::Open(absl::StrCat(info.folder, "/", kRunLogName)));
  int64_t run_id = 0;
  RETURN_IF_ERROR(WithPatience([&]() -> absl::Status {
    ASSIGN_OR_RETURN(run_id, RegisterRun(database, info.folder));
    return RewindTo(database, run_id, log.end());
  }));
  RETURN_IF_ERROR(
      log.Append({StartEvent(info, heartbeat).SerializeAsString()}));
  RETURN_IF_ERROR(log.Sync());
  RETURN_IF_ERROR(WithPatience(
      [&] { return IngestRunLog(database, run_id, info.folder).status(); }));
  return std::make_unique<LogRecorder>(info, std::move(database), run_id,
                                       std::move(log), heartbeat);
}

}  // namespace snclr
