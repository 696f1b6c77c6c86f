// SPDX-License-Identifier: MIT
#include "experiments/trainer/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

constexpr int kBarColumns = 24;

// About thirty plain lines for a run of minutes, one a minute for one of hours.
absl::Duration PlainInterval(const ProgressState& state) {
  return std::clamp(state.left / 30, absl::Seconds(5), absl::Minutes(1));
}

bool TerminalShowsUnicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return absl::StrContainsIgnoreCase(value, "utf");
  }
  return false;
}

int Columns(std::FILE* file) {
  winsize size = {};
  if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 100;
}

std::string Bar(double share, bool unicode) {
  const int full = static_cast<int>(share * kBarColumns);
  std::string bar;
  for (int i = 0; i < kBarColumns; ++i) {
    absl::StrAppend(&bar,
                    i < full ? (unicode ? "━" : "=") : (unicode ? "╌" : "."));
  }
  return bar;
}

size_t Digits(int64_t number) { return absl::StrCat(number).size(); }

void PrintTo(std::FILE* file, const std::string& line) {
  if (file == nullptr) return;
  std::fprintf(file, "%s\n", line.c_str());
  std::fflush(file);
}

// The part that both lines share, from the loss on.
std::string Numbers(const ProgressState& state) {
  return absl::StrCat(
      "loss ", FormatLoss(state.loss), "   lr ",
      FormatRate(state.learning_rate), "   ",
      absl::StrFormat("%5s", FormatSpeed(state.images_per_second)), " images/s",
      state.left > absl::ZeroDuration()
          ? absl::StrCat("   ", FormatTime(state.left), " left")
          : "");
}

}  // namespace

std::string PlainLine(const ProgressState& state) {
  return absl::StrFormat(
      "epoch %*d/%d   step %*d/%d   %s", static_cast<int>(Digits(state.epochs)),
      state.epoch, state.epochs, static_cast<int>(Digits(state.total_steps)),
      state.step, state.total_steps, Numbers(state));
}

std::string LiveLine(const ProgressState& state, int columns, bool unicode) {
  const double share = state.total_steps == 0
                           ? 0
                           : static_cast<double>(state.step) /
                                 static_cast<double>(state.total_steps);
  const std::string text = absl::StrFormat("epoch %d/%d   %s", state.epoch,
                                           state.epochs, Numbers(state));
  const std::string bar =
      absl::StrFormat("%s %3.0f %%   ", Bar(share, unicode), 100 * share);
  // The bar goes first when a narrow window has no room for both.
  constexpr int kBarWithShare = kBarColumns + 9;
  if (static_cast<int>(text.size()) + kBarWithShare <= columns)
    return bar + text;
  return text.substr(0, std::max(columns, 0));
}

bool IsTerminal(std::FILE* file) {
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(file)) == 1 &&
         (terminal == nullptr || absl::string_view(terminal) != "dumb");
}

Progress::Progress(std::FILE* screen, bool live, std::FILE* log)
    : screen_(screen),
      live_(live),
      log_(log),
      unicode_(TerminalShowsUnicode()) {}

Progress::~Progress() { Erase(); }

void Progress::Facts(
    const std::string& title,
    const std::vector<std::pair<std::string, std::string>>& facts) {
  size_t width = 0;
  for (const auto& [name, text] : facts) width = std::max(width, name.size());
  Line(title);
  for (const auto& [name, text] : facts) {
    std::string label = name;
    for (const auto line : absl::StrSplit(text, '\n')) {
      Line(absl::StrFormat("  %-*s  %s", static_cast<int>(width), label, line));
      label.clear();
    }
  }
}

void Progress::Line(const std::string& text) {
  Erase();
  Print(text);
}

void Progress::Step(const ProgressState& state, absl::Time now) {
  last_ = state;
  pending_ = true;
  if (live_ && now - last_live_ >= absl::Milliseconds(200)) {
    Erase();
    std::fputs(LiveLine(state, Columns(screen_) - 1, unicode_).c_str(),
               screen_);
    std::fflush(screen_);
    drawn_ = true;
    last_live_ = now;
  }
  if (now - last_plain_ < PlainInterval(state)) return;
  last_plain_ = now;
  pending_ = false;
  PrintTo(log_, PlainLine(state));
  if (!live_) PrintTo(screen_, PlainLine(state));
}

void Progress::EndSteps() {
  Erase();
  if (pending_) Print(PlainLine(last_));
  pending_ = false;
}

void Progress::Erase() {
  if (!drawn_) return;
  std::fputs("\r\033[K", screen_);
  std::fflush(screen_);
  drawn_ = false;
}

void Progress::Print(const std::string& line) {
  PrintTo(screen_, line);
  PrintTo(log_, line);
}

}  // namespace snclr
