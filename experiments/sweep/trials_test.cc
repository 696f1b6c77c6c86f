// SPDX-License-Identifier: MIT
#include "experiments/sweep/trials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/proto/spec.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;

constexpr char kHead[] =
    "name: \"n\" question: \"q\" base: \"tiny.textproto\"\n";

class TrialsTest : public testing::Test {
 protected:
  absl::StatusOr<TrialList> Make(const std::string& text,
                                 const std::vector<std::string>& set = {}) {
    folder_ = TestFolder();
    const auto file = ReadSweepFile(WriteSweep(folder_, kHead + text));
    EXPECT_TRUE(file.ok()) << file.status();
    return MakeTrials(*file, set);
  }

  std::string Problems(const std::string& text,
                       const std::vector<std::string>& set = {}) {
    const auto list = Make(text, set);
    return absl::StrReplaceAll(list.status().message(), {{folder_ + "/", ""}});
  }

  std::string folder_;
};

TEST_F(TrialsTest, ATrialIsTheSpecThatAnyoneCouldRunByHand) {
  const auto list =
      Make("seeds: 2 axes { path: \"snclr.bank\" values: [\"{ rows: 20 }\"] }");
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->trials.size(), 2u);
  const auto by_hand =
      LoadSpec(folder_ + "/tiny.textproto",
               {"name=n", "seed=2", "snclr.bank.rows=20", "question=else"});
  ASSERT_TRUE(by_hand.ok()) << by_hand.status();
  EXPECT_EQ(list->trials[1].hash, SpecHash(*by_hand));
  EXPECT_NE(list->trials[0].hash, list->trials[1].hash);
  EXPECT_EQ(list->trials[1].spec.question(), "q");
  EXPECT_EQ(TrialName(list->trials[1]), "snclr.bank={ rows: 20 } seed=2");
}

TEST_F(TrialsTest, EachProblemIsSaidOnceWithItsPlaceAndTrials) {
  EXPECT_EQ(
      Problems("seeds: 2 set: \"snclr.neighbours=1\"\n"
               "axes { path: \"schedule.epochs\" values: [\"2\",\n \"-1\"] }"),
      "sweep.textproto:2:15: snclr.neighbours: no such field; did you mean "
      "'snclr.neighbors'? (schedule.epochs=2 seed=1 and 3 more)\n"
      "sweep.textproto:4:2: schedule.epochs: must be at least 1, is -1 "
      "(schedule.epochs=-1 seed=1 and 1 more)\n"
      "tiny.textproto:12:22: schedule.warmup_epochs: 1 is more than "
      "schedule.epochs, -1 (schedule.epochs=-1 seed=1 and 1 more)");
}

TEST_F(TrialsTest, AMissingSpecFileIsSaidWhereTheSweepNamesIt) {
  EXPECT_EQ(Problems("axes { variants { spec: \"gone.textproto\" } }"),
            "sweep.textproto:2:19: gone.textproto: no such file "
            "(variant=gone)");
}

TEST_F(TrialsTest, AFlagsProblemIsTheFlags) {
  EXPECT_EQ(Problems("seeds: 1", {"sede=3"}),
            "--set=sede=3: sede: no such field; did you mean 'seed'? (seed=1)");
}

TEST_F(TrialsTest, TheSameRunTwiceIsOneTrialAndANote) {
  const auto list = Make(
      "axes { path: \"snclr.neighbors\" values: [\"3\", \"4\"] }\n"
      "trials { name: \"as it is\" }");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->trials.size(), 2u);
  EXPECT_THAT(list->notes,
              ElementsAre("trial=as it is seed=1 is the same run as "
                          "snclr.neighbors=3 seed=1"));
}

}  // namespace
}  // namespace snclr
