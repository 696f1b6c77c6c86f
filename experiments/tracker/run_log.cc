// SPDX-License-Identifier: MIT
#include "experiments/tracker/run_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr absl::string_view kMagic = "SNCLRLOG";
constexpr int64_t kFileHeaderBytes = 16;

absl::Status SystemError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    default:
      return absl::InternalError(message);
  }
}

// Up to `count` bytes from `offset`; fewer only at the end of the file.
absl::StatusOr<std::string> ReadAt(int file, const std::string& path,
                                   int64_t offset, int64_t count) {
  std::string bytes(count, '\0');
  int64_t filled = 0;
  while (filled < count) {
    const ssize_t got =
        pread(file, &bytes[filled], count - filled, offset + filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, errno);
    if (got == 0) break;
    filled += got;
  }
  bytes.resize(filled);
  return bytes;
}

// The log's id; 0 where the file is shorter than its header.
absl::StatusOr<uint64_t> ReadId(int file, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string header,
                   ReadAt(file, path, 0, kFileHeaderBytes));
  if (!absl::StartsWith(header, kMagic.substr(0, header.size()))) {
    return absl::DataLossError(absl::StrCat(path, ": is no log of a run"));
  }
  if (header.size() < kFileHeaderBytes) return 0;
  return GetLittleEndian(absl::string_view(header).substr(kMagic.size()));
}

absl::StatusOr<LogPart> ReadPart(int file, const std::string& path,
                                 int64_t from, int64_t max_bytes) {
  LogPart part;
  ASSIGN_OR_RETURN(part.id, ReadId(file, path));
  part.next = std::max(from, kFileHeaderBytes);
  if (part.id == 0) {
    part.next = 0;
    part.at_end = true;
    return part;
  }
  // A record or a damage that is larger than the window asks for a larger one.
  for (int64_t window = max_bytes;; window *= 2) {
    const int64_t begin = part.next;
    ASSIGN_OR_RETURN(const std::string bytes,
                     ReadAt(file, path, begin, window));
    const bool is_end = static_cast<int64_t>(bytes.size()) < window;
    part.next +=
        TakeLogRecords(bytes, begin, is_end, &part.records, &part.damages);
    if (is_end || part.next > begin) {
      part.at_end = is_end;
      return part;
    }
  }
}

// Closes a file at the end of its life.
struct FileCloser {
  int file;
  ~FileCloser() { close(file); }
};

}  // namespace

RunLog::RunLog(int file, std::string path)
    : file_(file), path_(std::move(path)) {}

RunLog::RunLog(RunLog&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      id_(other.id_),
      end_(other.end_) {}

RunLog::~RunLog() {
  if (file_ >= 0) close(file_);
}

absl::StatusOr<RunLog> RunLog::Open(const std::string& path,
                                    absl::Duration patience) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return SystemError(path, errno);
  RunLog log(file, path);
  RETURN_IF_ERROR(log.Lock(patience));
  RETURN_IF_ERROR(log.Begin());
  return log;
}

absl::Status RunLog::Lock(absl::Duration patience) {
  // Readers take the lock for a moment to see whether it is held.
  const absl::Time give_up = absl::Now() + patience;
  while (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == ENOLCK || errno == ENOTSUP) return absl::OkStatus();
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return SystemError(path_, errno);
    }
    if (absl::Now() >= give_up) {
      return absl::FailedPreconditionError(
          absl::StrCat(path_, ": another process is recording this run"));
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::OkStatus();
}

absl::Status RunLog::Begin() {
  ASSIGN_OR_RETURN(id_, ReadId(file_, path_));
  if (id_ == 0) {
    while (id_ == 0) {
      if (getrandom(&id_, sizeof(id_), 0) < 0) {
        return SystemError(path_, errno);
      }
    }
    if (ftruncate(file_, 0) != 0) return SystemError(path_, errno);
    std::string header(kMagic);
    PutLittleEndian(id_, 8, &header);
    return Write(header);
  }
  LogPart part;
  do {
    ASSIGN_OR_RETURN(part, ReadPart(file_, path_, part.next, 8 << 20));
  } while (!part.at_end);
  end_ = part.next;
  if (ftruncate(file_, end_) != 0) return SystemError(path_, errno);
  return absl::OkStatus();
}

absl::Status RunLog::Write(const std::string& bytes) {
  const ssize_t written = write(file_, bytes.data(), bytes.size());
  if (written == static_cast<ssize_t>(bytes.size())) {
    end_ += written;
    return absl::OkStatus();
  }
  // A full disk takes a part and calls that a success.
  const int error = written < 0 ? errno : ENOSPC;
  if (written > 0 && ftruncate(file_, end_) != 0) end_ += written;
  return SystemError(path_, error);
}

absl::Status RunLog::Append(const std::vector<std::string>& records) {
  std::string bytes;
  for (const std::string& record : records) {
    if (static_cast<int64_t>(record.size()) > kMaxLogRecordBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": a record of ", record.size(), " bytes"));
    }
    PutLogRecord(record, &bytes);
  }
  return Write(bytes);
}

absl::Status RunLog::Sync() {
  if (fdatasync(file_) == 0) return absl::OkStatus();
  // Pipes and devices have no disk to wait for.
  if (errno == EINVAL || errno == EROFS) return absl::OkStatus();
  return SystemError(path_, errno);
}

absl::StatusOr<LogPart> ReadRunLog(const std::string& path, int64_t from,
                                   int64_t max_bytes) {
  const FileCloser file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.file < 0) return SystemError(path, errno);
  return ReadPart(file.file, path, from, max_bytes);
}

absl::StatusOr<bool> IsRunLogHeld(const std::string& path) {
  const FileCloser file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.file < 0) return SystemError(path, errno);
  if (flock(file.file, LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  return SystemError(path, errno);
}

}  // namespace snclr
