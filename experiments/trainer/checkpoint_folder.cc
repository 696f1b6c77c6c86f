// SPDX-License-Identifier: MIT
#include "experiments/trainer/checkpoint_folder.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr char kPrefix[] = "checkpoint-";
constexpr char kSuffix[] = ".safetensors";
constexpr char kDamagedSuffix[] = ".damaged";

// File names of a folder that pass `wanted`; none where it cannot be read.
template <typename Predicate>
std::vector<std::string> Names(const std::string& folder, Predicate wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (wanted(name)) names.push_back(name);
  }
  return names;
}

// The digits between prefix and suffix, or empty.
absl::string_view StepDigits(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kPrefix) ||
      !absl::ConsumeSuffix(&name, kSuffix) ||
      name.find_first_not_of("0123456789") != absl::string_view::npos) {
    return "";
  }
  return name;
}

}  // namespace

std::vector<std::string> ListCheckpoints(const std::string& folder) {
  auto names =
      Names(folder, [](const auto& n) { return !StepDigits(n).empty(); });
  // By length first: a step may have more than the usual eight digits.
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a > b;
  });
  for (std::string& name : names) name = absl::StrCat(folder, "/", name);
  return names;
}

absl::StatusOr<CheckpointFile> AddCheckpoint(const Checkpoint& checkpoint,
                                             const std::string& folder,
                                             int keep) {
  const std::string path =
      absl::StrCat(folder, "/", kPrefix,
                   absl::Dec(checkpoint.step, absl::kZeroPad8), kSuffix);
  ASSIGN_OR_RETURN(const CheckpointFile written,
                   WriteCheckpoint(checkpoint, path));
  int kept = 0;
  bool is_newer = true;
  for (const std::string& file : ListCheckpoints(folder)) {
    is_newer = is_newer && file != path;
    // A file that stays costs space, nothing else.
    std::error_code ignored;
    if (is_newer) {
      // Of a step that this run is not at again: it was passed over as damaged,
      // and must not take the place of a good one.
      std::filesystem::rename(file, file + kDamagedSuffix, ignored);
    } else if (++kept > std::max(keep, 1)) {
      std::filesystem::remove(file, ignored);
    }
  }
  return written;
}

absl::StatusOr<Checkpoint> ReadNewestCheckpoint(
    const std::string& folder, std::vector<std::string>* damaged) {
  const std::vector<std::string> paths = ListCheckpoints(folder);
  if (paths.empty()) {
    return absl::NotFoundError(absl::StrCat(folder, ": has no checkpoint"));
  }
  for (const std::string& path : paths) {
    absl::StatusOr<Checkpoint> checkpoint = ReadCheckpoint(path);
    // Listed, but gone when it was opened: as good as damaged.
    if (!absl::IsDataLoss(checkpoint.status()) &&
        !absl::IsNotFound(checkpoint.status())) {
      return checkpoint;
    }
    damaged->push_back(std::string(checkpoint.status().message()));
  }
  return absl::DataLossError(
      absl::StrCat(folder, ": every checkpoint is damaged (", paths.size(),
                   " of ", paths.size(), "); --resume=never starts a new run"));
}

absl::StatusOr<std::string> FindCheckpoint(const std::string& checkpoint,
                                           const std::string& out) {
  if (checkpoint.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint is missing: a checkpoint file, a run folder, or a run "
        "such as quickstart/001");
  }
  const std::string path = UserPath(checkpoint);
  const std::string run = absl::StrCat(UserPath(out), "/", checkpoint);
  for (const std::string& place : {path, run}) {
    std::error_code error;
    if (std::filesystem::exists(place, error)) return place;
  }
  return absl::NotFoundError(absl::StrCat("no checkpoint '", checkpoint,
                                          "': neither ", path, " nor ", run,
                                          " is there"));
}

absl::StatusOr<Checkpoint> ReadFileOrRun(const std::string& path,
                                         std::vector<std::string>* damaged) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return ReadNewestCheckpoint(path, damaged);
  }
  return ReadCheckpoint(path);
}

void RemoveOrphans(const std::string& folder) {
  for (const std::string& name : Names(folder, [](const auto& n) {
         return absl::StartsWith(n, kPrefix) &&
                absl::EndsWith(n, kPartialSuffix);
       })) {
    std::error_code ignored;
    std::filesystem::remove(absl::StrCat(folder, "/", name), ignored);
  }
}

}  // namespace snclr
