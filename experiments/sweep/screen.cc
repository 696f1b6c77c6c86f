// SPDX-License-Identifier: MIT
#include "experiments/sweep/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "experiments/trainer/progress.h"

namespace snclr {
namespace {

winsize SizeOf(std::FILE* file) {
  winsize size = {};
  if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    size.ws_col = 100;
    size.ws_row = 24;
  }
  return size;
}

}  // namespace

Screen::Screen(std::FILE* file) : file_(file), live_(IsTerminal(file)) {}

size_t Screen::columns() const {
  return live_ ? SizeOf(file_).ws_col - 1 : 1000;
}

size_t Screen::rows() const { return live_ ? SizeOf(file_).ws_row - 2 : 1000; }

void Screen::Line(const std::string& text) {
  Erase();
  std::fprintf(file_, "%s\n", text.c_str());
  std::fflush(file_);
}

void Screen::Draw(const std::vector<std::string>& table) {
  if (!live_) return;
  Erase();
  for (const std::string& line : table) {
    std::fprintf(file_, "%s\n", line.c_str());
  }
  drawn_ = table.size();
  std::fflush(file_);
}

void Screen::Erase() {
  // Up to the table's first line, and all below is cleared.
  if (drawn_ > 0) std::fprintf(file_, "\033[%zuA\r\033[J", drawn_);
  drawn_ = 0;
}

}  // namespace snclr
