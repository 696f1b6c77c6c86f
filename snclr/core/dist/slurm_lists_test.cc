// SPDX-License-Identifier: MIT
#include "snclr/core/dist/slurm_lists.h"

#include <optional>

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(FirstSlurmHostTest, TakesTheFirstOfEachBracket) {
  EXPECT_EQ(FirstSlurmHost(""), "");
  EXPECT_EQ(FirstSlurmHost("gpu1"), "gpu1");
  EXPECT_EQ(FirstSlurmHost("gpu1,node[01-04]"), "gpu1");
  EXPECT_EQ(FirstSlurmHost("node[01-04,7],gpu1"), "node01");
  EXPECT_EQ(FirstSlurmHost("node[7,01-04]"), "node7");
  EXPECT_EQ(FirstSlurmHost("rack[2-3]-node[10-19].lan,gpu1"),
            "rack2-node10.lan");
}

TEST(SlurmTasksOnNodeTest, ExpandsRepetitions) {
  EXPECT_EQ(SlurmTasksOnNode("4", 0), 4);
  EXPECT_EQ(SlurmTasksOnNode("4", 1), std::nullopt);
  EXPECT_EQ(SlurmTasksOnNode("2(x3),1", 2), 2);
  EXPECT_EQ(SlurmTasksOnNode("2(x3),1", 3), 1);
  EXPECT_EQ(SlurmTasksOnNode("1,3(x2)", 1), 3);
  EXPECT_EQ(SlurmTasksOnNode("many", 0), std::nullopt);
  EXPECT_EQ(SlurmTasksOnNode("2(x3", 0), std::nullopt);
}

}  // namespace
}  // namespace snclr
