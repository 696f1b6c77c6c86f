// SPDX-License-Identifier: MIT
#include "tools/interchange/zip_checksums.h"

#include <algorithm>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr absl::string_view kEnd("PK\x05\x06", 4);
constexpr absl::string_view kEnd64("PK\x06\x06", 4);
constexpr absl::string_view kLocator64("PK\x06\x07", 4);
constexpr absl::string_view kEntry("PK\x01\x02", 4);

// Without what follows them: a comment, sizes, the name.
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kEntryBytes = 46;
constexpr size_t kLongestComment = 65535;

absl::Status Damaged() {
  return absl::DataLossError(
      "cut short or damaged: its zip archive has no whole directory at its "
      "end");
}

// Little-endian, of `bytes` that are known to be there.
uint64_t Number(absl::string_view bytes, size_t at, int width) {
  uint64_t number = 0;
  for (int i = width; i-- > 0;) {
    number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  }
  return number;
}

class Archive {
 public:
  explicit Archive(const std::string& path)
      : stream_(path, std::ios::binary | std::ios::ate),
        size_(static_cast<uint64_t>(std::max<int64_t>(stream_.tellg(), 0))) {}

  uint64_t size() const { return size_; }

  absl::StatusOr<std::string> Read(uint64_t begin, uint64_t count) {
    if (begin > size_ || count > size_ - begin) return Damaged();
    std::string bytes(count, '\0');
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(begin));
    stream_.read(bytes.data(), static_cast<std::streamsize>(count));
    if (!stream_) return Damaged();
    return bytes;
  }

 private:
  std::ifstream stream_;
  const uint64_t size_;
};

struct Directory {
  uint64_t begin;
  uint64_t size;
};

absl::StatusOr<Directory> FindDirectory(Archive& archive) {
  const uint64_t tail_bytes =
      std::min<uint64_t>(archive.size(), kEndBytes + kLongestComment);
  const uint64_t tail_begin = archive.size() - tail_bytes;
  ASSIGN_OR_RETURN(const std::string tail,
                   archive.Read(tail_begin, tail_bytes));
  const size_t end = absl::string_view(tail).rfind(kEnd);
  if (end == absl::string_view::npos || end + kEndBytes > tail.size()) {
    return Damaged();
  }
  const Directory directory{Number(tail, end + 16, 4),
                            Number(tail, end + 12, 4)};
  const uint64_t end_at = tail_begin + end;
  if (end_at < kLocator64Bytes) return directory;
  ASSIGN_OR_RETURN(const std::string locator,
                   archive.Read(end_at - kLocator64Bytes, kLocator64Bytes));
  if (absl::string_view(locator).substr(0, 4) != kLocator64) return directory;
  ASSIGN_OR_RETURN(const std::string end64,
                   archive.Read(Number(locator, 8, 8), kEnd64Bytes));
  if (absl::string_view(end64).substr(0, 4) != kEnd64) return Damaged();
  return Directory{Number(end64, 48, 8), Number(end64, 40, 8)};
}

}  // namespace

absl::StatusOr<std::map<std::string, uint32_t>> ReadZipChecksums(
    const std::string& path) {
  Archive archive(path);
  ASSIGN_OR_RETURN(const Directory directory, FindDirectory(archive));
  ASSIGN_OR_RETURN(const std::string bytes,
                   archive.Read(directory.begin, directory.size));
  std::map<std::string, uint32_t> checksums;
  absl::string_view rest = bytes;
  while (!rest.empty()) {
    if (rest.size() < kEntryBytes || rest.substr(0, 4) != kEntry) {
      return Damaged();
    }
    const uint64_t name_bytes = Number(rest, 28, 2);
    const uint64_t entry_bytes =
        kEntryBytes + name_bytes + Number(rest, 30, 2) + Number(rest, 32, 2);
    if (entry_bytes > rest.size()) return Damaged();
    checksums[std::string(rest.substr(kEntryBytes, name_bytes))] =
        static_cast<uint32_t>(Number(rest, 16, 4));
    rest.remove_prefix(entry_bytes);
  }
  return checksums;
}

}  // namespace snclr
