// SPDX-License-Identifier: MIT
// What a sweep shows: lines that stay and, on a terminal, a table below them
// that is drawn anew in place.
#ifndef EXPERIMENTS_SWEEP_SCREEN_H_
#define EXPERIMENTS_SWEEP_SCREEN_H_

#include <cstdio>
#include <string>
#include <vector>

namespace snclr {

class Screen {
 public:
  // `file` is borrowed; it is drawn on where it is a terminal.
  explicit Screen(std::FILE* file);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool live() const { return live_; }
  size_t columns() const;  // of a line
  size_t rows() const;     // for the table

  // One line that stays, above the table.
  void Line(const std::string& text);

  // Replaces the table. Nothing where there is no terminal.
  void Draw(const std::vector<std::string>& table);

  // The table as it is stays; lines come below it.
  void Keep() { drawn_ = 0; }

 private:
  void Erase();

  std::FILE* file_;
  const bool live_;
  size_t drawn_ = 0;  // lines of the table that are on the screen
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SCREEN_H_
