// SPDX-License-Identifier: MIT
// What a running experiment tells the tracker. Every call appends to a log in
// the run's folder; a writer thread brings the log into SQLite, so a step never
// waits for the database and a killed run loses nothing: whoever opens the
// tracker next picks up what is left.
#ifndef EXPERIMENTS_TRACKER_RECORDER_H_
#define EXPERIMENTS_TRACKER_RECORDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace snclr {

// How a run stands; it ends in one of the last four.
enum class RunStatus { kRunning, kFinished, kFailed, kStopped, kInterrupted };

struct RunInfo {
  std::string run;     // "<name>/<id>", unique below its output folder
  std::string folder;  // absolute
  std::string name;
  std::string method;
  uint64_t seed = 0;
  std::string question;
  std::string spec_text;  // resolved, text format
  std::string spec_hash;  // 16 hexadecimal digits
  std::map<std::string, std::string>
      parameters;  // flattened: "optimizer.base_lr"
  std::string data_fingerprint;
  std::string host;
  std::string device;
  std::string git_commit;        // empty where unknown
  std::string git_diff;          // uncommitted changes
  int64_t resumed_at_step = -1;  // -1: a fresh start
};

struct MetricValue {
  std::string name;  // "loss", "knn_top1"
  double value;
};

class Recorder {
 public:
  virtual ~Recorder() = default;

  // Thread-safe; returns at once. Values at one step and name: the last one
  // holds.
  virtual void Metrics(int64_t step, double epoch,
                       const std::vector<MetricValue>& values) = 0;

  // A file of the run that matters, with its size and checksum (hexadecimal).
  virtual void Artifact(const std::string& kind, const std::string& path,
                        int64_t bytes, const std::string& checksum) = 0;

  // A warning of the watch, or anything else a reader of the run should know.
  virtual void Note(int64_t step, const std::string& text) = 0;

  // Ends the run: everything is on disk and in the database when this returns.
  // Without it the run shows as interrupted once its heartbeat is old.
  virtual absl::Status Finish(RunStatus status, const std::string& reason) = 0;
};

// Makes the database at `db_path` where it is missing, so that a wrong path is
// known before there is a run. InvalidArgument where it is no tracker database;
// otherwise as Database::Open.
absl::Status PrepareTracker(const std::string& db_path);

// Opens the database at `db_path` (made if missing) and the run's log in
// `info.folder`. A resumed run continues its rows; metrics after
// resumed_at_step that the killed process recorded are replaced.
// InvalidArgument where db_path is no tracker database.
absl::StatusOr<std::unique_ptr<Recorder>> StartRecorder(
    const RunInfo& info, const std::string& db_path, absl::Duration heartbeat);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_RECORDER_H_
