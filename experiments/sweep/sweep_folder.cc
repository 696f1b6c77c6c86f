// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace snclr {

std::string SweepFolderPath(const std::string& out, const std::string& name) {
  return absl::StrCat(out, "/", name, "/sweep");
}

absl::StatusOr<SweepLock> SweepLock::Take(const std::string& out,
                                          const std::string& name) {
  const std::string folder = SweepFolderPath(out, name);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  const std::string path = folder + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    close(file);
    if (why != EWOULDBLOCK) {
      return absl::ErrnoToStatus(why, absl::StrCat("cannot lock ", path));
    }
    std::ifstream stream(path);
    const std::string owner(std::istreambuf_iterator<char>(stream), {});
    return absl::FailedPreconditionError(
        absl::StrCat("the sweep ", name, " is being run by ",
                     absl::StripAsciiWhitespace(owner), " (", path, ")"));
  }
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string owner =
      absl::StrCat("process ", getpid(), " on ", host, "\n");
  // The words are for the one who is refused; the lock itself needs none.
  if (ftruncate(file, 0) != 0 ||
      pwrite(file, owner.data(), owner.size(), 0) < 0) {
    const int why = errno;
    close(file);
    return absl::ErrnoToStatus(why, absl::StrCat("cannot write ", path));
  }
  return SweepLock(file);
}

SweepLock::SweepLock(SweepLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

SweepLock::~SweepLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace snclr
