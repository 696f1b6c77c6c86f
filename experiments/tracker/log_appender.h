// SPDX-License-Identifier: MIT
// A thread between those who record and the disk: adding a record is a push to
// a queue; the thread appends what has gathered, at once, by one write().
// Nothing here knows the database, so a locked one delays no record's way to
// the disk.
#ifndef EXPERIMENTS_TRACKER_LOG_APPENDER_H_
#define EXPERIMENTS_TRACKER_LOG_APPENDER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "experiments/tracker/run_log.h"

namespace snclr {

class LogAppender {
 public:
  // Once nothing was appended for `heartbeat`, appends what `make_heartbeat`
  // returns (called on the thread). `max_queued_bytes` bounds the memory.
  LogAppender(RunLog log, absl::Duration heartbeat,
              std::function<std::string()> make_heartbeat,
              int64_t max_queued_bytes = 64 << 20);

  // Closes.
  ~LogAppender();

  // Thread-safe. Returns at once, except where the queue is full: then it waits
  // while the disk takes records, and drops the record (Close will say so)
  // while it does not. With `sync` the log is synced soon after. Does nothing
  // once closed.
  void Add(std::string record, bool sync = false);

  // The same with a record that is made on the thread, of about so many bytes:
  // for a caller whose time is dear.
  void AddLater(std::function<std::string()> make_record, int64_t bytes);

  // Appends what is queued, syncs, and ends the thread. Returns why records are
  // not on the disk: the disk's error, or DataLoss where some were dropped.
  absl::Status Close();

  // Whether the disk refused the last append; it is tried again.
  bool IsFailing() const;

  // Bytes of the log that hold whole records; grows with each append.
  int64_t end() const { return end_.load(std::memory_order_acquire); }

 private:
  // A record, or how to make it.
  struct Entry {
    std::string record;
    std::function<std::string()> make_record;
    int64_t bytes = 0;
  };

  // What one round of the thread has to do.
  struct Work {
    bool sync = false;
    bool stop = false;
  };

  void Push(Entry entry, bool sync);
  void Loop();
  Work TakeWork(absl::Time next_heartbeat, std::vector<std::string>* batch);
  void EndRound(const absl::Status& status, int64_t unwritten_bytes);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RunLog log_;  // the thread's alone
  const absl::Duration heartbeat_;
  const std::function<std::string()> make_heartbeat_;
  const int64_t max_queued_bytes_;
  std::atomic<int64_t> end_;

  mutable absl::Mutex mutex_;
  std::vector<Entry> queue_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // and those being written
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool sync_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // of the last append
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_LOG_APPENDER_H_
