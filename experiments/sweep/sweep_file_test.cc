// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_file.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

// The message, with the file's name as "s".
std::string Problems(const std::string& text) {
  const std::string path = WriteSweep(TestFolder(), text);
  const auto file = ReadSweepFile(path);
  return absl::StrReplaceAll(file.status().message(), {{path, "s"}});
}

constexpr char kHead[] =
    "name: \"n\" question: \"q\" base: \"tiny.textproto\"\n";

TEST(SweepFileTest, FillsDefaultsAndKnowsEveryPlace) {
  const std::string path = WriteSweep(
      TestFolder(),
      absl::StrCat(kHead, "axes { path: \"seed\" values: [\"1\",\n\"2\"] }"));
  const auto file = ReadSweepFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->spec.max_attempts(), 3);
  EXPECT_EQ(file->spec.slurm().cpus(), 1);
  EXPECT_FALSE(file->spec.has_early_stopping());
  EXPECT_EQ(file->places.Find("axes[0].values[1]"), path + ":3:1");
}

TEST(SweepFileTest, SaysEveryProblemAtOnceWithItsPlace) {
  EXPECT_EQ(Problems("nmae: \"n\" question: \"q\"\n"
                     "base: \"tiny.textproto\" seeds: 0\n"
                     "axes { path: \"snclr.neighbors\" valuse: \"1\" }\n"
                     "max_attempts: 101\n"),
            "s:1:1: nmae: no such field; did you mean 'name'?\n"
            "s:3:32: axes[0].valuse: no such field; did you mean "
            "'axes[0].values'?\n"
            "s:2:24: seeds: must be at least 1 and at most 1000, is 0\n"
            "s:4:1: max_attempts: must be at least 1 and at most 100, is 101\n"
            "s:3:6: axes[0]: has no values: a sweep over 0 runs");
}

TEST(SweepFileTest, RefusesASweepOverNothing) {
  EXPECT_EQ(Problems(kHead),
            "s: a sweep over 0 runs; set axes, random, trials or seeds");
  EXPECT_EQ(Problems(absl::StrCat(kHead, "random { count: 3 }")),
            "s:2:1: random.draws: has no draws: a sweep over 0 runs");
}

TEST(SweepFileTest, RefusesAFieldThatIsVariedTwice) {
  EXPECT_EQ(Problems(absl::StrCat(
                kHead, "axes { path: \"a.b\" values: \"1\" }\n",
                "axes { variants { set: \"a.b=3\" } }\n",
                "random { count: 1 draws { path: \"a.b\" choice { values: "
                "\"7\" } } }")),
            "s:3:6: axes[1]: a.b is varied by axes[0] too\n"
            "s:4:25: random.draws[0]: a.b is varied by axes[0] too");
}

TEST(SweepFileTest, RefusesNamesAndSeedsThatAreTheSweepsOwn) {
  EXPECT_EQ(Problems(absl::StrCat(kHead, "seeds: 2 set: \"name=x\"\n",
                                  "axes { path: \"seed\" values: \"1\" }")),
            "s:2:15: set[0]: every run has the sweep's own name\n"
            "s:3:8: axes[0].path: the sweep's seeds are set already");
}

TEST(SweepFileTest, RefusesRangesAndRungsThatAreNone) {
  EXPECT_EQ(
      Problems(absl::StrCat(
          kHead,
          "random { count: 2\n draws { path: \"a\" uniform { min: 2 max: 1 } "
          "}\n draws { path: \"b\" log_uniform { min: 0 max: 1 } }\n draws { "
          "path: \"c\" whole { min: 0.5 max: 2 } }\n draws { path: \"d\" } }\n",
          "early_stopping { rung_shares: [0.5, 0.25] }")),
      "s:3:30: random.draws[0].uniform.min: 2 is more than max, 1\n"
      "s:4:34: random.draws[1].log_uniform.min: must be above 0\n"
      "s:5:20: random.draws[2].whole: min and max must be whole numbers below "
      "1e15\n"
      "s:6:8: random.draws[3]: no distribution; set one of uniform, "
      "log_uniform, whole, choice\n"
      "s:7:37: early_stopping.rung_shares[1]: must be more than the rung "
      "before");
  EXPECT_EQ(Problems(absl::StrCat(kHead, "seeds: 2 early_stopping {}")),
            "s:2:10: early_stopping: needs rungs: one of rung_epochs and "
            "rung_shares");
}

TEST(SweepFileTest, NeedsABaseUnlessEachTrialHasASpec) {
  constexpr char kNoBase[] = "name: \"n\" question: \"q\"\n";
  EXPECT_EQ(Problems(absl::StrCat(kNoBase, "seeds: 2")),
            "s: base: must be set, as not every trial has a spec of its own");
  EXPECT_EQ(Problems(absl::StrCat(
                kNoBase, "axes { variants { spec: \"tiny.textproto\" } }")),
            "");
}

TEST(SweepFileTest, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadSweepFile("/no/such").status()));
}

}  // namespace
}  // namespace snclr
