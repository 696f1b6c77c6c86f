// SPDX-License-Identifier: MIT
#include "experiments/launch/run_state.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/run_folder.h"

namespace snclr {

std::string NewestCheckpoint(const ExperimentSpec& spec,
                             const std::string& out) {
  const std::string hash = SpecHash(spec);
  for (const std::string& folder : ListRunFolders(out, spec.name())) {
    if (ReadRunSpecHash(folder) != hash) continue;
    const std::optional<RunEnd> end = ReadRunEnd(folder);
    if (end && end->kind == RunEnd::Kind::kFinished) continue;
    std::string newest;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename();
      // The step's digits are as many in each name.
      if (absl::StartsWith(name, "checkpoint-") &&
          absl::EndsWith(name, ".safetensors")) {
        newest = std::max(newest, entry.path().string());
      }
    }
    return newest;
  }
  return "";
}

bool HasRunSince(const ExperimentSpec& spec, const std::string& out,
                 absl::Time since, bool finished) {
  const std::string hash = SpecHash(spec);
  for (const std::string& folder : ListRunFolders(out, spec.name())) {
    if (ReadRunSpecHash(folder) != hash) continue;
    const std::string file =
        absl::StrCat(folder, finished ? "/status.json" : "/spec.textproto");
    struct stat found = {};
    if (stat(file.c_str(), &found) != 0 ||
        absl::TimeFromTimespec(found.st_mtim) < since) {
      continue;
    }
    if (!finished) return true;
    const std::optional<RunEnd> end = ReadRunEnd(folder);
    if (end && end->kind == RunEnd::Kind::kFinished) return true;
  }
  return false;
}

}  // namespace snclr
