// SPDX-License-Identifier: MIT
#include "experiments/sweep/estimate.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/sources/open_source.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// What decides how long a step takes, as far as a spec says it.
bool CountsForSpeed(const std::string& path) {
  return absl::StartsWith(path, "encoder.") ||
         absl::StartsWith(path, "projector.") ||
         absl::StartsWith(path, "parallelism.") || path == "precision" ||
         path == "data.global_batch";
}

std::map<std::string, std::string> SpeedParameters(
    const std::map<std::string, std::string>& all) {
  std::map<std::string, std::string> chosen;
  for (const auto& [path, value] : all) {
    if (CountsForSpeed(path)) chosen[path] = value;
  }
  return chosen;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> StepsPerEpoch(
    const std::vector<Trial>& trials) {
  std::map<std::string, int64_t> sizes;
  std::vector<int64_t> steps;
  for (const Trial& trial : trials) {
    const DataSpec& data = trial.spec.data();
    const std::string key = data.SerializeAsString();
    if (sizes.count(key) == 0) {
      ASSIGN_OR_RETURN(const auto source, OpenSource(data, Split::kTrain));
      sizes[key] = source->size();
    }
    if (data.global_batch() > sizes[key]) {
      return absl::InvalidArgumentError(absl::StrCat(
          TrialName(trial), ": data.global_batch: a batch of ",
          data.global_batch(),
          " images is larger than the data set, which has ", sizes[key]));
    }
    steps.push_back(sizes[key] / data.global_batch());
  }
  return steps;
}

absl::StatusOr<Estimator> Estimator::Create(const Tracker& tracker,
                                            const std::string& host) {
  Estimator estimator;
  ASSIGN_OR_RETURN(const auto runs, tracker.Runs());
  ASSIGN_OR_RETURN(const auto speeds, tracker.Metric("images_per_second"));
  for (const RunRecord& run : runs) {
    if (run.host != host || run.last_step <= 0) continue;
    ASSIGN_OR_RETURN(auto parameters, tracker.Parameters(run.id));
    ASSIGN_OR_RETURN(const auto starts, tracker.Starts(run.id));
    Sample sample{run.run, run.name, {}, absl::ZeroDuration()};
    const auto speed = speeds.find(run.id);
    if (run.status == RunStatus::kFinished && starts.size() == 1) {
      sample.per_step = (run.ended - run.started) / run.last_step;
    } else if (speed != speeds.end() && speed->second.last_value > 0) {
      const double batch = std::atof(parameters["data.global_batch"].c_str());
      sample.per_step = absl::Seconds(batch / speed->second.last_value);
    }
    if (sample.per_step <= absl::ZeroDuration()) continue;
    sample.parameters = SpeedParameters(parameters);
    estimator.samples_.push_back(std::move(sample));
  }
  return estimator;
}

std::optional<Speed> Estimator::SpeedOf(const Trial& trial) const {
  const auto parameters = SpeedParameters(FlattenSpec(trial.spec));
  std::vector<const Sample*> own, all;
  for (const Sample& sample : samples_) {
    if (sample.parameters != parameters) continue;
    all.push_back(&sample);
    if (sample.name == trial.spec.name()) own.push_back(&sample);
  }
  const std::vector<const Sample*>& used = own.empty() ? all : own;
  if (used.empty()) return std::nullopt;
  Speed speed;
  for (const Sample* sample : used) speed.per_step += sample->per_step;
  speed.per_step /= static_cast<int64_t>(used.size());
  speed.source =
      !own.empty()
          ? absl::StrCat(own.size(), own.size() == 1 ? " run" : " runs",
                         " of this sweep")
      : all.size() == 1
          ? absl::StrCat("the run ", all[0]->run,
                         ", perhaps with other threads")
          : absl::StrCat(all.size(), " other runs, perhaps with other threads");
  return speed;
}

}  // namespace snclr
