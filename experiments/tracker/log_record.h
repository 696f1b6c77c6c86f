// SPDX-License-Identifier: MIT
// How records stand in a run's log, one after the other:
//
//   4 bytes   a marker, the same in front of every record
//   4 bytes   the length of the content
//   4 bytes   CRC-32C of the length and the content
//   n bytes   the content
//
// Numbers are little-endian. The marker is there to go on after damage.
#ifndef EXPERIMENTS_TRACKER_LOG_RECORD_H_
#define EXPERIMENTS_TRACKER_LOG_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace snclr {

inline constexpr int64_t kMaxLogRecordBytes = 64 << 20;  // of content

struct LogDamage {
  int64_t offset;
  int64_t bytes;
};

// Appends a record to `out`.
void PutLogRecord(absl::string_view content, std::string* out);

// Takes the records that `bytes` begins with; `offset` is where they stand in
// the log. Returns how many bytes were taken: the rest is a record that is cut
// short, or damage after which no whole record follows. Where the log goes on
// after `bytes` (not `is_end`) a cut-off record is left for the next look.
int64_t TakeLogRecords(absl::string_view bytes, int64_t offset, bool is_end,
                       std::vector<std::string>* records,
                       std::vector<LogDamage>* damages);

void PutLittleEndian(uint64_t value, int count, std::string* out);
uint64_t GetLittleEndian(absl::string_view bytes);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_LOG_RECORD_H_
