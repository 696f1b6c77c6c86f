// SPDX-License-Identifier: MIT
// One place to say what a run measured and noticed: tracker, event file and
// screen hear it.
#ifndef EXPERIMENTS_TRAINER_JOURNAL_H_
#define EXPERIMENTS_TRAINER_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "experiments/tracker/recorder.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/tensorboard.h"
#include "experiments/trainer/watch.h"

namespace snclr {

class Journal {
 public:
  // All borrowed. `recorder` may be null, and nothing is recorded: of several
  // ranks only one does. `events` may be null: no event file.
  Journal(Recorder* recorder, EventWriter* events, Progress* progress)
      : recorder_(recorder), events_(events), progress_(progress) {}

  // `group` ("train", "eval", "watch") is where an event file shows the values;
  // the tracker knows each by its own name. `step` is steps done, `epoch`
  // fractional.
  void Metrics(const std::string& group, int64_t step, double epoch,
               const std::vector<MetricValue>& values);

  // What the watch found: a line on the screen, a note, and a metric
  // "watch_<name>" of 1.
  void Report(const std::vector<Finding>& findings, double epoch);

  // A file of the run that matters.
  void Artifact(const std::string& kind, const std::string& path, int64_t bytes,
                const std::string& checksum) {
    if (recorder_ != nullptr) recorder_->Artifact(kind, path, bytes, checksum);
  }

  // A line on the screen and a note in the tracker.
  void Note(int64_t step, const std::string& text);

 private:
  Recorder* recorder_;
  EventWriter* events_;
  Progress* progress_;
  bool events_failed_ = false;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_JOURNAL_H_
