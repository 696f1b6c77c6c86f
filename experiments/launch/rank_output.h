// SPDX-License-Identifier: MIT
// What the ranks of a machine print, on one screen.
#ifndef EXPERIMENTS_LAUNCH_RANK_OUTPUT_H_
#define EXPERIMENTS_LAUNCH_RANK_OUTPUT_H_

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace snclr {

// Of several ranks each line gets its prefix, "[rank 3] "; of a line that was
// redrawn in place (carriage returns) its last state counts. One rank alone is
// shown as it is. So is the live rank, which writes for a terminal: a line of
// another rank takes the place of its unfinished one, which it draws again.
class RankOutput {
 public:
  // `out` and `error` are borrowed and flushed. `live`: whether ranks[0] is.
  RankOutput(std::FILE* out, std::FILE* error, const std::vector<int>& ranks,
             bool live);

  // Bytes that the i-th of the ranks wrote.
  void Take(size_t i, bool is_error, absl::string_view bytes);

  // It is started, perhaps again: earlier lines are not its own.
  void Begin(size_t i) { streams_[i].last_lines.clear(); }

  // It writes no more: an unfinished line is one.
  void End(size_t i);

  // A line of the launcher's own.
  void Say(const std::string& line);

  // Its last lines, at most kLastLines, the last one last.
  const std::deque<std::string>& LastLines(size_t i) const {
    return streams_[i].last_lines;
  }

  static constexpr size_t kLastLines = 5;

 private:
  struct Stream {
    std::string prefix;
    bool as_it_is = false;
    std::string partial[2];  // of the output and the error output
    std::deque<std::string> last_lines;
  };

  std::FILE* file(bool is_error) { return is_error ? error_ : out_; }
  void Line(Stream& stream, bool is_error, absl::string_view text);
  void MakeRoom();

  std::FILE* const out_;
  std::FILE* const error_;
  const bool live_;
  std::vector<Stream> streams_;
  bool line_is_open_ = false;  // the live rank's, on the screen
};

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_RANK_OUTPUT_H_
