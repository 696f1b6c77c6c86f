// SPDX-License-Identifier: MIT
#include "experiments/tracker/log_record.h"

#include <optional>

#include "absl/crc/crc32c.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

constexpr int64_t kHeaderBytes = 12;
constexpr absl::string_view kMarker = "\xA7rec";

uint32_t Checksum(absl::string_view length, absl::string_view content) {
  return static_cast<uint32_t>(
      absl::ExtendCrc32c(absl::ComputeCrc32c(length), content));
}

enum class Found { kWhole, kCutShort, kDamaged };

// Looks at the record that `bytes` begins with.
Found FindRecord(absl::string_view bytes, absl::string_view* content) {
  if (!absl::StartsWith(kMarker, bytes.substr(0, kMarker.size()))) {
    return Found::kDamaged;
  }
  const int64_t available = bytes.size();
  if (available < kHeaderBytes) return Found::kCutShort;
  const absl::string_view length = bytes.substr(4, 4);
  const int64_t content_bytes = GetLittleEndian(length);
  if (content_bytes > kMaxLogRecordBytes) return Found::kDamaged;
  if (available < kHeaderBytes + content_bytes) return Found::kCutShort;
  *content = bytes.substr(kHeaderBytes, content_bytes);
  return Checksum(length, *content) == GetLittleEndian(bytes.substr(8, 4))
             ? Found::kWhole
             : Found::kDamaged;
}

// Where the next whole record begins after a damaged one at the front.
std::optional<size_t> NextWhole(absl::string_view bytes) {
  absl::string_view content;
  for (size_t at = bytes.find(kMarker, 1); at != absl::string_view::npos;
       at = bytes.find(kMarker, at + 1)) {
    if (FindRecord(bytes.substr(at), &content) == Found::kWhole) return at;
  }
  return std::nullopt;
}

}  // namespace

void PutLogRecord(absl::string_view content, std::string* out) {
  std::string length;
  PutLittleEndian(content.size(), 4, &length);
  absl::StrAppend(out, kMarker, length);
  PutLittleEndian(Checksum(length, content), 4, out);
  absl::StrAppend(out, content);
}

int64_t TakeLogRecords(absl::string_view bytes, int64_t offset, bool is_end,
                       std::vector<std::string>* records,
                       std::vector<LogDamage>* damages) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    const absl::string_view rest = bytes.substr(taken);
    absl::string_view content;
    const Found found = FindRecord(rest, &content);
    if (found == Found::kWhole) {
      records->emplace_back(content);
      taken += kHeaderBytes + content.size();
    } else if (found == Found::kCutShort && !is_end) {
      break;
    } else if (const std::optional<size_t> next = NextWhole(rest)) {
      // A length that points beyond the end may be damage as well.
      damages->push_back(
          {offset + static_cast<int64_t>(taken), static_cast<int64_t>(*next)});
      taken += *next;
    } else {
      break;
    }
  }
  return taken;
}

void PutLittleEndian(uint64_t value, int count, std::string* out) {
  for (int i = 0; i < count; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint64_t GetLittleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace snclr
