// SPDX-License-Identifier: MIT
#include "experiments/proto/initial_weights.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/crc/crc32c.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "snclr/core/base/checksum_text.h"
#include "snclr/core/base/command_line.h"

namespace snclr {
namespace {

constexpr char kFile[] = "initial_weights.file";
constexpr char kChecksum[] = "initial_weights.checksum";

absl::StatusOr<std::string> ChecksumOf(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        "is a folder; name a checkpoint file in it");
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::vector<char> piece(1 << 20);
  absl::crc32c_t crc{0};
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())),
         stream.gcount() > 0) {
    crc = absl::ExtendCrc32c(
        crc,
        absl::string_view(piece.data(), static_cast<size_t>(stream.gcount())));
  }
  if (!stream.eof()) {
    return absl::InvalidArgumentError(std::strerror(errno != 0 ? errno : EIO));
  }
  return ChecksumText(crc);
}

}  // namespace

void ResolveInitialWeights(const Places& places, ExperimentSpec* spec,
                           Problems* problems) {
  // A missing file's name is a required field's problem.
  if (!spec->has_initial_weights() || !spec->initial_weights().has_file()) {
    return;
  }
  InitialWeightsSpec& weights = *spec->mutable_initial_weights();
  weights.set_file(std::filesystem::absolute(UserPath(weights.file())));
  const auto checksum = ChecksumOf(weights.file());
  if (!checksum.ok()) {
    problems->Add(
        places.Find(kFile), kFile,
        absl::StrCat(weights.file(), ": ", checksum.status().message()));
    return;
  }
  if (weights.has_checksum() && weights.checksum() != *checksum) {
    problems->Add(
        places.Find(kChecksum), kChecksum,
        absl::StrCat("'", weights.checksum(), "', but ", weights.file(),
                     " has ", *checksum, ": it is another file"));
  }
  weights.set_checksum(*checksum);
}

}  // namespace snclr
