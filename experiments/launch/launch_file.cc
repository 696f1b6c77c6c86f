// SPDX-License-Identifier: MIT
#include "experiments/launch/launch_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/assignment.h"
#include "experiments/proto/field_rules.h"
#include "experiments/proto/problems.h"
#include "experiments/proto/text_parser.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

void CheckSlurm(const LaunchSlurmSpec& slurm, const Places& places,
                Problems* problems) {
  if (slurm.has_time_minutes() &&
      slurm.signal_seconds() >= 60 * slurm.time_minutes()) {
    problems->Add(places.Find("slurm.signal_seconds"), "slurm.signal_seconds",
                  absl::StrCat(slurm.signal_seconds(),
                               " s before the limit is before the start: "
                               "time_minutes is ",
                               slurm.time_minutes()));
  }
  for (const auto& [name, value] : {std::pair("partition", slurm.partition()),
                                    std::pair("account", slurm.account()),
                                    std::pair("memory", slurm.memory())}) {
    if (value.find_first_of(" \t\n") == std::string::npos) continue;
    const std::string path = absl::StrCat("slurm.", name);
    problems->Add(places.Find(path), path, "wanted one word");
  }
  for (int i = 0; i < slurm.options_size(); ++i) {
    const std::string path = absl::StrCat("slurm.options[", i, "]");
    if (!absl::StartsWith(slurm.options(i), "-") ||
        absl::StrContains(slurm.options(i), "\n")) {
      problems->Add(places.Find(path), path,
                    "wanted an option of sbatch, such as --constraint=h100");
    }
  }
}

}  // namespace

absl::StatusOr<LaunchSpec> ReadLaunchSpec(
    const std::string& path, const std::vector<LaunchAssignment>& assignments) {
  LaunchSpec spec;
  Places places(path.empty() ? "launch" : path);
  Problems problems;
  if (!path.empty()) {
    std::error_code ignored;
    std::ifstream stream(path, std::ios::binary);
    if (!stream || std::filesystem::is_directory(path, ignored)) {
      return absl::NotFoundError(absl::StrCat(path, ": no such file"));
    }
    TextOrigin origin;
    origin.name = path;
    origin.root = LaunchSpec::descriptor();
    ParseText({std::istreambuf_iterator<char>(stream), {}}, origin, &spec,
              &places, &problems);
  }
  for (const LaunchAssignment& assignment : assignments) {
    ApplyAssignment(assignment.text, assignment.flag, &spec, &places,
                    &problems);
  }
  FillDefaults(&spec, &problems);
  CheckRules(spec, places, &problems);
  CheckSlurm(spec.slurm(), places, &problems);
  RETURN_IF_ERROR(problems.status());
  return spec;
}

}  // namespace snclr
