// SPDX-License-Identifier: MIT
#include "eval/finetune_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "eval/command_testing.h"

namespace snclr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

class FinetuneCommandTest : public EvaluatedRunTest {
 protected:
  absl::StatusOr<int> Run(const EvalCommand& command) {
    std::FILE* const screen = std::tmpfile();
    const auto signal = RunFinetune(command, "", screen);
    std::rewind(screen);
    char buffer[1 << 14];
    shown_.assign(buffer, std::fread(buffer, 1, sizeof(buffer), screen));
    std::fclose(screen);
    return signal;
  }

  std::string shown_;
};

TEST_F(FinetuneCommandTest, ShowsProgressAndRecordsTheResult) {
  Track();
  const auto signal = Run(Command());
  ASSERT_TRUE(signal.ok()) << signal.status();
  EXPECT_EQ(*signal, 0);
  EXPECT_THAT(shown_,
              AllOf(HasSubstr("trained for 3 steps"), HasSubstr("epoch 2/2"),
                    HasSubstr("AdamW, 2 epochs, batch 20, base lr 0.001"),
                    HasSubstr("drop path 0.1, RandAugment 2 x 9, erasing 0.25, "
                              "repeats 3"),
                    HasSubstr("n = 30 test images, by 60 training images"),
                    HasSubstr("fine-tuned top-1 "),
                    HasSubstr("recorded at step 3 of small/001: finetune_top1, "
                              "finetune_top5")));
  EXPECT_THAT(Recorded(),
              UnorderedElementsAre(Key("finetune_top1"), Key("finetune_top5")));
}

TEST_F(FinetuneCommandTest, FewerLabelsHaveTheirOwnNames) {
  Track();
  const auto signal = Run(Command({"evaluation.labels.fraction=0.1"}));
  ASSERT_TRUE(signal.ok()) << signal.status();
  EXPECT_THAT(Recorded(),
              UnorderedElementsAre(Key("semi_10pct_finetune_top1"),
                                   Key("semi_10pct_finetune_top5")));
}

TEST_F(FinetuneCommandTest, ASignalStopsItAndNothingIsRecorded) {
  Track();
  // Long enough that the signal comes first, wherever it is noticed.
  std::thread interrupts([] {
    while (true) {
      struct sigaction current;
      sigaction(SIGINT, nullptr, &current);
      if (current.sa_handler != SIG_DFL) break;
      absl::SleepFor(absl::Milliseconds(1));
    }
    std::raise(SIGINT);
  });
  const auto signal = Run(Command({"evaluation.finetune.epochs=100000"}));
  interrupts.join();
  ASSERT_TRUE(signal.ok()) << signal.status();
  EXPECT_EQ(*signal, SIGINT);
  EXPECT_THAT(shown_, AllOf(HasSubstr("stopped by 'Interrupt' after step "),
                            HasSubstr("of 300000: nothing was measured or "
                                      "recorded")));
  EXPECT_TRUE(Recorded().empty());
}

}  // namespace
}  // namespace snclr
