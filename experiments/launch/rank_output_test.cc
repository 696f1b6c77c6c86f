// SPDX-License-Identifier: MIT
#include "experiments/launch/rank_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A file in memory.
class TextFile {
 public:
  TextFile() : file_(open_memstream(&text_, &size_)) {}
  ~TextFile() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

class RankOutputTest : public testing::Test {
 protected:
  TextFile out_, error_;
};

TEST_F(RankOutputTest, EachLineOfSeveralRanksHasItsPrefix) {
  RankOutput output(out_.file(), error_.file(), {2, 3}, /*live=*/false);
  output.Take(0, false, "one\ntw");
  output.Take(1, false, "other\n");
  output.Take(0, true, "warning\n");
  output.Take(0, false, "o\nunfinished");
  output.End(0);
  EXPECT_EQ(out_.text(),
            "[rank 2] one\n[rank 3] other\n[rank 2] two\n"
            "[rank 2] unfinished\n");
  EXPECT_EQ(error_.text(), "[rank 2] warning\n");
}

TEST_F(RankOutputTest, OneRankAloneIsShownAsItIs) {
  RankOutput output(out_.file(), error_.file(), {0}, /*live=*/false);
  output.Take(0, false, "a\r\033[Kb");
  output.Take(0, true, "e\n");
  EXPECT_EQ(out_.text(), "a\r\033[Kb");
  EXPECT_EQ(error_.text(), "e\n");
}

TEST_F(RankOutputTest, OfALineThatIsRedrawnTheLastStateCounts) {
  RankOutput output(out_.file(), error_.file(), {0, 1}, /*live=*/false);
  output.Take(0, false, "10 %\r\033[K20 %\r\033[K30 %\r\n");
  output.Take(1, false, "dos\r\n");
  EXPECT_EQ(out_.text(), "[rank 0] 30 %\n[rank 1] dos\n");
}

TEST_F(RankOutputTest, ALineOfAnotherRankTakesThePlaceOfTheLiveOne) {
  RankOutput output(out_.file(), error_.file(), {0, 1}, /*live=*/true);
  output.Take(0, false, "epoch 1");
  output.Take(1, false, "warning\n");
  output.Take(0, false, "\r\033[Kepoch 2");
  output.Say("launch: a word");
  output.Take(0, false, "\r\033[Kend\n");
  output.Say("launch: another");
  EXPECT_EQ(out_.text(),
            "epoch 1\r\033[K[rank 1] warning\n"
            "\r\033[Kepoch 2\r\033[Klaunch: a word\n"
            "\r\033[Kend\nlaunch: another\n");
}

TEST_F(RankOutputTest, AnOpenLiveLineStaysWhenItsRankEnds) {
  RankOutput output(out_.file(), error_.file(), {0, 1}, /*live=*/true);
  output.Take(0, false, "epoch 1");
  output.End(0);
  output.Say("launch: it ended");
  EXPECT_EQ(out_.text(), "epoch 1\nlaunch: it ended\n");
  EXPECT_THAT(output.LastLines(0), ElementsAre("epoch 1"));
}

TEST_F(RankOutputTest, KeepsTheLastLinesOfBothStreams) {
  RankOutput output(out_.file(), error_.file(), {0, 1}, /*live=*/false);
  output.Take(0, false, "1\n2\n3\n\n4\n5\n");
  output.Take(0, true, "error: why\n");
  EXPECT_THAT(output.LastLines(0),
              ElementsAre("2", "3", "4", "5", "error: why"));
  EXPECT_THAT(output.LastLines(1), IsEmpty());
  output.Begin(0);
  EXPECT_THAT(output.LastLines(0), IsEmpty());
}

}  // namespace
}  // namespace snclr
