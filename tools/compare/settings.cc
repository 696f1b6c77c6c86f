// SPDX-License-Identifier: MIT
#include "tools/compare/settings.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/field_rules.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr size_t kShortCommit = 10;
constexpr int kNoSetting = -1;
constexpr char kMethod[] = "method";

// A seed is what runs of a group differ in, and a name says what a run is
// called.
bool MayChangeNumbers(const std::string& path) {
  return path != "seed" && path != "name" &&
         !IsNeutralPath(*ExperimentSpec::descriptor(), path);
}

class Collector {
 public:
  explicit Collector(const std::vector<SelectedRun>& runs) : runs_(runs) {
    settings_.texts.emplace_back();
    values_.emplace(std::string(), Settings::kUnset);
    for (size_t i = 0; i < runs.size(); ++i) places_[runs[i].record.id] = i;
  }

  void See(int64_t run_id, const std::string& path, const std::string& value) {
    const auto place = places_.find(run_id);
    if (place == places_.end()) return;
    const auto [found, is_new] = settings_by_path_.emplace(path, kNoSetting);
    if (is_new && MayChangeNumbers(path)) found->second = Add(path, true);
    if (found->second == kNoSetting) return;
    settings_.all[found->second].values[place->second] = ValueOf(value);
  }

  // A record field, the same way for every run.
  template <typename Get>
  void SeeRecords(const std::string& path, bool of_spec, const Get& get) {
    const int setting = Add(path, of_spec);
    for (size_t i = 0; i < runs_.size(); ++i) {
      settings_.all[setting].values[i] = ValueOf(get(runs_[i].record));
    }
  }

  Settings Finish() && {
    std::sort(settings_.all.begin(), settings_.all.end(),
              [](const Setting& a, const Setting& b) {
                return std::make_pair(a.path != kMethod, a.path) <
                       std::make_pair(b.path != kMethod, b.path);
              });
    return std::move(settings_);
  }

 private:
  int Add(const std::string& path, bool of_spec) {
    settings_.all.push_back(
        {path, of_spec, std::vector<int>(runs_.size(), Settings::kUnset)});
    return static_cast<int>(settings_.all.size()) - 1;
  }

  int ValueOf(const std::string& text) {
    const auto [value, is_new] =
        values_.emplace(text, static_cast<int>(settings_.texts.size()));
    if (is_new) settings_.texts.push_back(text);
    return value->second;
  }

  const std::vector<SelectedRun>& runs_;
  std::unordered_map<int64_t, size_t> places_;  // by run id
  std::unordered_map<std::string, int> settings_by_path_;
  std::unordered_map<std::string, int> values_;
  Settings settings_;
};

}  // namespace

absl::StatusOr<Settings> LoadSettings(const Tracker& tracker,
                                      const std::vector<SelectedRun>& runs) {
  Collector collector(runs);
  RETURN_IF_ERROR(tracker.VisitParameters(
      [&](int64_t run_id, const std::string& path, const std::string& value) {
        collector.See(run_id, path, value);
      }));
  collector.SeeRecords(kMethod, /*of_spec=*/true,
                       [](const RunRecord& run) { return run.method; });
  collector.SeeRecords(
      "data_fingerprint", /*of_spec=*/false,
      [](const RunRecord& run) { return run.data_fingerprint; });
  collector.SeeRecords("device", /*of_spec=*/false,
                       [](const RunRecord& run) { return run.device; });
  collector.SeeRecords(
      "git_commit", /*of_spec=*/false, [](const RunRecord& run) {
        return absl::StrCat(run.git_commit.substr(0, kShortCommit),
                            run.has_git_diff ? " with changes" : "");
      });
  return std::move(collector).Finish();
}

bool IsOfMethod(const Setting& setting, const std::string& method) {
  return setting.path == method ||
         absl::StartsWith(setting.path, absl::StrCat(method, "."));
}

}  // namespace snclr
