// SPDX-License-Identifier: MIT
#include "experiments/trainer/journal.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace snclr {

void Journal::Metrics(const std::string& group, int64_t step, double epoch,
                      const std::vector<MetricValue>& values) {
  if (recorder_ != nullptr) recorder_->Metrics(step, epoch, values);
  if (events_ == nullptr || events_failed_) return;
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, value] : values) {
    scalars.emplace_back(absl::StrCat(group, "/", name), value);
  }
  events_->Scalars(step, scalars);
  if (events_->status().ok()) return;
  events_failed_ = true;
  Note(step,
       absl::StrCat("the event file ends here: ", events_->status().message()));
}

void Journal::Report(const std::vector<Finding>& findings, double epoch) {
  for (const auto& [name, step, text] : findings) {
    Note(step, absl::StrCat("watch: step ", step, ": ", text));
    Metrics("watch", step, epoch, {{absl::StrCat("watch_", name), 1}});
  }
}

void Journal::Note(int64_t step, const std::string& text) {
  progress_->Line(absl::StrCat("! ", text));
  if (recorder_ != nullptr) recorder_->Note(step, text);
}

}  // namespace snclr
