// SPDX-License-Identifier: MIT
// A file that is open for reading at any place.
#ifndef DATA_SOURCES_READ_ONLY_FILE_H_
#define DATA_SOURCES_READ_ONLY_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace snclr {

// Move-only; closes on destruction. Reading is thread-safe. Errors name the
// path.
class ReadOnlyFile {
 public:
  // NotFound, PermissionDenied and so on, as the system says.
  static absl::StatusOr<ReadOnlyFile> Open(const std::string& path);

  ReadOnlyFile(ReadOnlyFile&& other) noexcept;
  ReadOnlyFile& operator=(ReadOnlyFile&& other) noexcept;
  ~ReadOnlyFile();

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // when it was opened

  // Exactly `count` bytes at `offset` to `out`. DataLoss where the file ends
  // before them.
  absl::Status ReadAt(int64_t offset, int64_t count, void* out) const;

  // The same, as a string.
  absl::StatusOr<std::string> ReadAt(int64_t offset, int64_t count) const;

 private:
  ReadOnlyFile(std::string path, int descriptor, int64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

  std::string path_;
  int descriptor_;
  int64_t size_;
};

}  // namespace snclr

#endif  // DATA_SOURCES_READ_ONLY_FILE_H_
