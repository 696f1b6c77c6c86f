// SPDX-License-Identifier: MIT
#include "experiments/trainer/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_split.h"

namespace snclr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ProgressState At(int64_t step) {
  ProgressState state;
  state.step = step;
  state.total_steps = 1240;
  state.epoch = 12;
  state.epochs = 40;
  state.loss = 3.9121;
  state.learning_rate = 4.1e-4;
  state.images_per_second = 412;
  state.left = absl::Seconds(105);
  return state;
}

absl::Time Second(double seconds) {
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// A file in memory that stands for a screen, a pipe or a log.
class Output {
 public:
  Output() : file_(open_memstream(&data_, &size_)) {}
  ~Output() {
    std::fclose(file_);
    std::free(data_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return std::string(data_, size_);
  }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

TEST(PlainLineTest, SaysAllAndAlignsFromLineToLine) {
  EXPECT_EQ(PlainLine(At(372)),
            "epoch 12/40   step  372/1240   loss 3.912   lr 4.1e-04     412 "
            "images/s   "
            "1 min 45 s left");
  EXPECT_EQ(PlainLine(At(372)).find("loss"), PlainLine(At(9)).find("loss"));
}

TEST(PlainLineTest, TheLastStepHasNothingLeft) {
  ProgressState state = At(1240);
  state.left = absl::ZeroDuration();
  EXPECT_THAT(PlainLine(state), Not(HasSubstr("left")));
}

TEST(LiveLineTest, FitsTheTerminal) {
  EXPECT_THAT(LiveLine(At(310), 120, false),
              StartsWith("======.................. "));
  EXPECT_THAT(LiveLine(At(310), 120, false), HasSubstr(" 25 %"));
  for (const int columns : {0, 10, 60, 79, 100}) {
    EXPECT_LE(LiveLine(At(310), columns, false).size(),
              static_cast<size_t>(columns));
  }
  EXPECT_THAT(LiveLine(At(310), 79, false), StartsWith("epoch 12/40"));
}

TEST(ProgressTest, APipeGetsALineEveryFewSeconds) {
  Output pipe;
  Progress progress(pipe.file(), /*live=*/false, nullptr);
  for (int step = 1; step <= 24; ++step)
    progress.Step(At(step), Second(0.5 * step));
  progress.EndSteps();
  // At 0.5 s, 5.5 s, 10.5 s, and the last state.
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(pipe.text(), '\n')),
              ElementsAre(PlainLine(At(1)), PlainLine(At(11)),
                          PlainLine(At(21)), PlainLine(At(24)), ""));
  EXPECT_THAT(pipe.text(), Not(HasSubstr("\r")));
}

TEST(ProgressTest, ALongRunPrintsALineAMinute) {
  Output pipe;
  Progress progress(pipe.file(), false, nullptr);
  ProgressState state = At(1);
  state.left = absl::Hours(20);
  for (int second = 0; second < 120; ++second)
    progress.Step(state, Second(second));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(pipe.text(), '\n')).size(),
            3u);
}

TEST(ProgressTest, ATerminalsLiveLineIsErasedBeforeALineThatStays) {
  Output screen, log;
  {
    Progress progress(screen.file(), /*live=*/true, log.file());
    progress.Step(At(1), Second(0));
    progress.Step(At(2), Second(0.01));  // too soon to redraw
    progress.Line("k-NN top-1 48.3 %");
    progress.Step(At(3), Second(0.5));
    progress.EndSteps();
  }
  EXPECT_THAT(screen.text(), HasSubstr("left\r\033[Kk-NN top-1 48.3 %\n"));
  EXPECT_THAT(screen.text(), testing::EndsWith(PlainLine(At(3)) + "\n"));
  EXPECT_EQ(log.text(), PlainLine(At(1)) + "\nk-NN top-1 48.3 %\n" +
                            PlainLine(At(3)) + "\n");
}

TEST(ProgressTest, FactsAreAlignedAndMayHaveLines) {
  Output pipe;
  Progress progress(pipe.file(), false, nullptr);
  progress.Facts("SNCLR",
                 {{"data", "4,000 images"}, {"encoder", "ViT\nfrozen"}});
  EXPECT_EQ(pipe.text(),
            "SNCLR\n"
            "  data     4,000 images\n"
            "  encoder  ViT\n"
            "           frozen\n");
}

}  // namespace
}  // namespace snclr
