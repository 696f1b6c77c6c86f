// SPDX-License-Identifier: MIT
#include "eval/linear_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "eval/command_testing.h"

namespace snclr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

class LinearCommandTest : public EvaluatedRunTest {
 protected:
  absl::Status Run(const EvalCommand& command, const std::string& list = "") {
    printed_.str("");
    return RunLinear(command, list, printed_);
  }
};

TEST_F(LinearCommandTest, PrintsEveryRateAndRecordsTheChosenOne) {
  Track();
  const absl::Status status = Run(Command());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(
      printed_.str(),
      AllOf(HasSubstr("trained for 3 steps"), HasSubstr("     0.03  "),
            HasSubstr("     0.949  "), HasSubstr("       30  "),
            HasSubstr("SGD, 20 epochs, batch 60, cached features; n = 30 "
                      "test images, by 60 training images"),
            HasSubstr("training images held out for that"),
            HasSubstr("recorded at step 3 of small/001: linear_top1, "
                      "linear_top5")));
  EXPECT_THAT(Recorded(),
              UnorderedElementsAre(Key("linear_top1"), Key("linear_top5")));
}

TEST_F(LinearCommandTest, FewerLabelsHaveTheirOwnNamesAndAFixedList) {
  Track();
  std::set<std::string> lists;
  for (const char* seed : {"seed=1", "seed=2"}) {
    const std::string list = out_ + "/list.txt";
    const absl::Status status =
        Run(Command({"evaluation.labels.fraction=0.1", seed}), list);
    ASSERT_TRUE(status.ok()) << status;
    std::ifstream file(list);
    lists.insert(std::string((std::istreambuf_iterator<char>(file)), {}));
  }
  ASSERT_EQ(lists.size(), 1u) << "the run's seed does not choose";
  // 10 % of 60 images in 4 classes: 15 each, two of which are taken.
  EXPECT_EQ(std::count(lists.begin()->begin(), lists.begin()->end(), '\n'), 8);
  EXPECT_THAT(printed_.str(), HasSubstr("by 8 training images (10 % of the "
                                        "labels, seed 1)"));
  EXPECT_THAT(Recorded(), UnorderedElementsAre(Key("semi_10pct_linear_top1"),
                                               Key("semi_10pct_linear_top5")));
}

TEST_F(LinearCommandTest, TrainsOnNewViewsWhereAsked) {
  const absl::Status status = Run(
      Command({"evaluation.linear.augment=true", "evaluation.linear.batch=20",
               "evaluation.linear.epochs=2", "evaluation.linear.held_out=0"}));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(),
              AllOf(HasSubstr("batch 20, a new view in every epoch"),
                    HasSubstr("chosen by the test images, as the published")));
}

TEST_F(LinearCommandTest, ARangeThatIsUpsideDownIsRefused) {
  const absl::Status status =
      Run(Command({"evaluation.linear.min_base_lr=40"}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("min_base_lr"));
}

TEST_F(LinearCommandTest, AListThatCannotBeWrittenIsSaidBeforeTheWork) {
  const absl::Status status = Run(Command(), out_ + "/nowhere/list.txt");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr("--list"));
}

}  // namespace
}  // namespace snclr
