// SPDX-License-Identifier: MIT
#include "experiments/process/train_program.h"

#include <unistd.h>

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

// In a runfiles folder, after the workspace's name.
constexpr char kProgram[] = "snclr/experiments/registry/train";
// From the folder of a program of experiments/*, in Bazel's output folder.
constexpr char kBuiltBeside[] = "../registry/train";

}  // namespace

absl::StatusOr<std::string> FindTrainProgram() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const std::vector<fs::path> candidates = {
      fs::path(self.string() + ".runfiles") / kProgram,
      (self.parent_path() / kBuiltBeside).lexically_normal(),
      // Run by a test or by `bazel run`: the working directory is the
      // workspace's folder among the runfiles.
      fs::absolute(fs::path("..") / kProgram, error).lexically_normal(),
  };
  for (const fs::path& candidate : candidates) {
    // Its own place, not a link that another build may turn elsewhere.
    const fs::path real = fs::canonical(candidate, error);
    if (!error && access(real.c_str(), X_OK) == 0) return real.string();
  }
  return absl::NotFoundError(absl::StrCat(
      "//experiments:train is not beside this program (looked for ",
      absl::StrJoin(candidates, ", ",
                    [](std::string* out, const fs::path& path) {
                      absl::StrAppend(out, path.string());
                    }),
      "); build it, or name a program with --program"));
}

}  // namespace snclr
