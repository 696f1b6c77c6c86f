// SPDX-License-Identifier: MIT
#include "experiments/sweep/attempt_log.h"

#include <gtest/gtest.h>

#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

TEST(AttemptLogTest, CountsFailuresAcrossProcesses) {
  const std::string path = TestFolder() + "/attempts.jsonl";
  {
    AttemptLog log(path);
    EXPECT_EQ(log.Failures("a"), 0);
    ASSERT_TRUE(log.Add({"a", "failed", "no \"room\"\xff", 2}).ok());
    ASSERT_TRUE(log.Add({"a", "stopped", "", 2}).ok());
    ASSERT_TRUE(log.Add({"a", "failed", "again", 1}).ok());
    ASSERT_TRUE(log.Add({"b", "failed", "other", 1}).ok());
  }
  AttemptLog log(path);
  EXPECT_EQ(log.Failures("a"), 2);
  EXPECT_EQ(log.LastReason("a"), "again");
  EXPECT_NE(ReadText(path).find("\"threads\":2"), std::string::npos);
  ASSERT_TRUE(log.Add({"a", "forgiven", "", 0}).ok());
  EXPECT_EQ(AttemptLog(path).Failures("a"), 0);
  EXPECT_EQ(AttemptLog(path).Failures("b"), 1);
}

TEST(AttemptLogTest, ALineThatACrashCutOffHarmsNoOther) {
  const std::string path = TestFolder() + "/attempts.jsonl";
  WriteText(path,
            "{\"hash\":\"a\",\"outcome\":\"failed\"}\n{\"hash\":\"a\",\"ou");
  ASSERT_TRUE(AttemptLog(path).Add({"a", "failed", "", 1}).ok());
  EXPECT_EQ(AttemptLog(path).Failures("a"), 2);
}

TEST(AttemptLogTest, SaysWhereItCannotWrite) {
  AttemptLog log("/no/such/folder/attempts.jsonl");
  EXPECT_NE(log.Add({"a", "failed", "", 1}).message().find("/no/such/folder"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace snclr
