// SPDX-License-Identifier: MIT
#include "experiments/tracker/log_appender.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/give_way.h"
#include "snclr/core/base/logging.h"

namespace snclr {
namespace {

// How long the thread waits before it tries a disk again that took nothing.
constexpr absl::Duration kRetry = absl::Seconds(1);

int64_t BytesOf(const std::vector<std::string>& records) {
  int64_t bytes = 0;
  for (const std::string& record : records) bytes += record.size();
  return bytes;
}

}  // namespace

LogAppender::LogAppender(RunLog log, absl::Duration heartbeat,
                         std::function<std::string()> make_heartbeat,
                         int64_t max_queued_bytes)
    : log_(std::move(log)),
      heartbeat_(heartbeat),
      make_heartbeat_(std::move(make_heartbeat)),
      max_queued_bytes_(max_queued_bytes),
      end_(log_.end()),
      thread_([this] { Loop(); }) {}

LogAppender::~LogAppender() { Close().IgnoreError(); }

bool LogAppender::HasRoom() const {
  return queued_bytes_ < max_queued_bytes_ || !status_.ok() || stopping_;
}

bool LogAppender::HasWork() const { return !queue_.empty() || stopping_; }

void LogAppender::Add(std::string record, bool sync) {
  const auto bytes = static_cast<int64_t>(record.size());
  Push({std::move(record), nullptr, bytes}, sync);
}

void LogAppender::AddLater(std::function<std::string()> make_record,
                           int64_t bytes) {
  Push({"", std::move(make_record), bytes}, /*sync=*/false);
}

void LogAppender::Push(Entry entry, bool sync) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &LogAppender::HasRoom));
  if (stopping_) return;
  if (queued_bytes_ >= max_queued_bytes_) {
    ++dropped_;
    return;
  }
  queued_bytes_ += entry.bytes;
  queue_.push_back(std::move(entry));
  sync_wanted_ = sync_wanted_ || sync;
}

absl::Status LogAppender::Close() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  absl::MutexLock lock(&mutex_);
  if (!status_.ok() || dropped_ == 0) return status_;
  return absl::DataLossError(
      absl::StrCat(dropped_, " records were lost while the disk took nothing"));
}

bool LogAppender::IsFailing() const {
  absl::MutexLock lock(&mutex_);
  return !status_.ok();
}

void LogAppender::Loop() {
  // One that sleeps nearly always is still woken soon; one that is told of
  // thousands of metrics in a step takes what the step leaves.
  GiveWay();
  std::vector<std::string> batch;
  absl::Time next_heartbeat = absl::Now() + heartbeat_;
  bool sync = false;
  while (true) {
    const Work work = TakeWork(next_heartbeat, &batch);
    sync = sync || work.sync;
    if (batch.empty() && !work.stop && absl::Now() >= next_heartbeat) {
      batch.push_back(make_heartbeat_());
    }
    absl::Status status;
    if (!batch.empty()) status = log_.Append(batch);
    if (status.ok()) {
      batch.clear();
      next_heartbeat = absl::Now() + heartbeat_;
      end_.store(log_.end(), std::memory_order_release);
      if (sync) status = log_.Sync();
      sync = sync && !status.ok();
    }
    EndRound(status, BytesOf(batch));
    if (work.stop) return;
  }
}

LogAppender::Work LogAppender::TakeWork(absl::Time next_heartbeat,
                                        std::vector<std::string>* batch) {
  std::vector<Entry> entries;
  Work work;
  {
    absl::MutexLock lock(&mutex_);
    if (status_.ok()) {
      mutex_.AwaitWithDeadline(absl::Condition(this, &LogAppender::HasWork),
                               next_heartbeat);
    } else {
      // What the disk did not take waits; only the end hurries it.
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kRetry);
    }
    entries.swap(queue_);
    work = {sync_wanted_ || stopping_, stopping_};
    sync_wanted_ = false;
  }
  for (Entry& entry : entries) {
    batch->push_back(entry.make_record ? entry.make_record()
                                       : std::move(entry.record));
  }
  return work;
}

void LogAppender::EndRound(const absl::Status& status,
                           int64_t unwritten_bytes) {
  absl::MutexLock lock(&mutex_);
  if (!status.ok() && status_.ok()) {
    LOG(WARNING) << "the run is not being recorded: " << status.message()
                 << "; what it reports is kept in memory until it can be";
  } else if (status.ok() && !status_.ok()) {
    LOG(WARNING) << "the run is being recorded again";
  }
  status_ = status;
  queued_bytes_ = unwritten_bytes;
  for (const Entry& entry : queue_) queued_bytes_ += entry.bytes;
}

}  // namespace snclr
