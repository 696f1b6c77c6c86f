// SPDX-License-Identifier: MIT
// The log of one run: an append-only file of records, each with a checksum.
// What has been appended survives the death of the process (kill -9); what has
// been synced, that of the machine.
//
// It begins with "SNCLRLOG" and the log's id (8 bytes each); log_record.h says
// how a record looks.
// One process appends at a time (the file is locked, flock); any number may
// read meanwhile. A record that a kill cut short at the end is no error:
// readers stop before it, the next writer removes it. Damage before the end is
// skipped up to the next whole record and named.
#ifndef EXPERIMENTS_TRACKER_RUN_LOG_H_
#define EXPERIMENTS_TRACKER_RUN_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/tracker/log_record.h"

namespace snclr {

// The name of the log in a run's folder.
inline constexpr char kRunLogName[] = "events.log";

// The log beside it of what other processes measured on the run's checkpoints,
// while it was going or long after its end.
inline constexpr char kEvaluationLogName[] = "evaluations.log";

// The end that writes. Move-only; not thread-safe.
class RunLog {
 public:
  // Opens or makes the file, removes a cut-off record at its end and locks it
  // as long as this lives.
  //   FailedPrecondition  another process is writing it (waits `patience`)
  //   DataLoss            the file is no log
  //   ResourceExhausted, PermissionDenied, NotFound (no folder), Internal
  static absl::StatusOr<RunLog> Open(
      const std::string& path, absl::Duration patience = absl::Seconds(2));

  RunLog(RunLog&& other) noexcept;
  RunLog& operator=(RunLog&&) = delete;
  ~RunLog();

  // Appends all records by one write(), or none of them. InvalidArgument for a
  // record above kMaxLogRecordBytes; else errors as Open's.
  absl::Status Append(const std::vector<std::string>& records);

  // Returns when the disk has what was appended.
  absl::Status Sync();

  uint64_t id() const { return id_; }
  int64_t end() const { return end_; }  // bytes

 private:
  RunLog(int file, std::string path);
  absl::Status Lock(absl::Duration patience);
  absl::Status Begin();
  absl::Status Write(const std::string& bytes);

  int file_;  // -1 once moved from
  std::string path_;
  uint64_t id_ = 0;
  int64_t end_ = 0;
};

struct LogPart {
  uint64_t id = 0;  // 0 where the file has not even its first 16 bytes
  std::vector<std::string> records;
  std::vector<LogDamage> damages;
  int64_t next = 0;     // where to go on reading
  bool at_end = false;  // nothing whole follows for now
};

// Reads records from the offset `from` (0: the first one; else an earlier
// part's `next`) until about `max_bytes` are read. NotFound where there is no
// file; DataLoss where it is no log.
absl::StatusOr<LogPart> ReadRunLog(const std::string& path, int64_t from,
                                   int64_t max_bytes = 2 << 20);

// Whether a living process holds the log open for writing, on this machine (or
// on any, where the file system spreads locks). NotFound where there is no
// file.
absl::StatusOr<bool> IsRunLogHeld(const std::string& path);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_RUN_LOG_H_
