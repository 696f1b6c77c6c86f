// SPDX-License-Identifier: MIT
#include "snclr/core/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// What the system refused, from errno.
absl::Status SystemError(const std::string& path, absl::string_view doing) {
  const int error = errno;
  const auto message = [&](absl::string_view what) {
    return absl::StrCat(path, ": ", doing, ": ", what);
  };
  switch (error) {
    case ENOSPC:
      return absl::ResourceExhaustedError(message("the disk is full"));
    case EDQUOT:
      return absl::ResourceExhaustedError(message("the disk quota is used up"));
    case EFBIG:
      return absl::ResourceExhaustedError(
          message("larger than the limit for a file"));
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message("the folder is missing"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message(std::strerror(error)));
    default:
      return absl::InternalError(message(std::strerror(error)));
  }
}

absl::Status WriteAll(int file, absl::Span<const char> piece,
                      const std::string& path) {
  // One call writes at most about 2 GiB; a signal may end it earlier.
  while (!piece.empty()) {
    const ssize_t written = write(file, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path, "writing");
    piece.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Writes and syncs; `temporary` may be left in any state on an error.
absl::Status WriteTemporary(const std::string& temporary,
                            const std::vector<absl::Span<const char>>& pieces,
                            const std::string& path) {
  const int file =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return SystemError(path, "making its temporary file");
  absl::Cleanup close_file = [file] { close(file); };
  for (const auto& piece : pieces) {
    RETURN_IF_ERROR(WriteAll(file, piece, path));
  }
  if (fsync(file) != 0) return SystemError(path, "syncing");
  // Network file systems report a full disk here at the latest.
  std::move(close_file).Cancel();
  if (close(file) != 0) return SystemError(path, "closing");
  return absl::OkStatus();
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return SystemError(path, "syncing its folder");
  absl::Cleanup close_file = [file] { close(file); };
  // Some file systems cannot sync a folder, and need not.
  if (fsync(file) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return SystemError(path, "syncing its folder");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFileAtomically(
    const std::string& path, const std::vector<absl::Span<const char>>& pieces,
    const std::function<void()>& before_rename) {
  const std::string temporary =
      absl::StrCat(path, ".", getpid(), kPartialSuffix);
  absl::Cleanup remove_temporary = [&] { unlink(temporary.c_str()); };
  RETURN_IF_ERROR(WriteTemporary(temporary, pieces, path));
  if (before_rename) before_rename();
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return SystemError(path, "renaming its temporary file");
  }
  std::move(remove_temporary).Cancel();
  return SyncFolderOf(path);
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view text) {
  return WriteFileAtomically(
      path, {absl::Span<const char>(text.data(), text.size())});
}

}  // namespace snclr
