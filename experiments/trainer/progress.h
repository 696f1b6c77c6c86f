// SPDX-License-Identifier: MIT
// What a person sees of a run: a header, how far it is, what happened, its
// result. On a terminal one live line is redrawn in place; in a pipe and in the
// run's log there are plain lines, every few seconds in a short run, every
// minute in a long one.
#ifndef EXPERIMENTS_TRAINER_PROGRESS_H_
#define EXPERIMENTS_TRAINER_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace snclr {

struct ProgressState {
  int64_t step = 0;  // steps done
  int64_t total_steps = 0;
  int64_t epoch = 0;  // under way, from 1
  int64_t epochs = 0;
  double loss = 0;
  double learning_rate = 0;
  double images_per_second = 0;
  absl::Duration left;
};

// "epoch 12/40   step  372/1240   loss 3.912   lr 4.1e-04   412 images/s   1
// min 45 s left", columns aligned from line to line.
std::string PlainLine(const ProgressState& state);

// The same with a bar, cut at `columns`. `unicode`: draws the bar with lines.
std::string LiveLine(const ProgressState& state, int columns, bool unicode);

class Progress {
 public:
  // `screen` is written to; `live` where it is a terminal (IsTerminal). `log`
  // gets the plain lines too, and may be null. Both are borrowed and flushed
  // each line.
  Progress(std::FILE* screen, bool live, std::FILE* log);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A title and, below it, named facts, aligned. A fact may have several lines.
  void Facts(const std::string& title,
             const std::vector<std::pair<std::string, std::string>>& facts);

  // One line that stays, above the live one.
  void Line(const std::string& text);

  // Call after every step; prints when it is time to. `now` is passed in so
  // that pauses (an evaluation) count.
  void Step(const ProgressState& state, absl::Time now);

  // Prints the state of the last Step() if it has not been, and ends the live
  // line.
  void EndSteps();

 private:
  void Erase();
  void Print(const std::string& line);

  std::FILE* screen_;
  const bool live_;
  std::FILE* log_;
  const bool unicode_;
  bool drawn_ = false;    // a live line is on the screen
  bool pending_ = false;  // last_ has not been printed as a plain line
  ProgressState last_;
  absl::Time last_plain_ = absl::InfinitePast();
  absl::Time last_live_ = absl::InfinitePast();
};

// Whether the file is a terminal that can redraw a line.
bool IsTerminal(std::FILE* file);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PROGRESS_H_
