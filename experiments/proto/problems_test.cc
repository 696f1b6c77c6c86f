// SPDX-License-Identifier: MIT
#include "experiments/proto/problems.h"

#include <gtest/gtest.h>

namespace snclr {
namespace {

TEST(PlacesTest, FindsTheFieldTheMessageAroundItOrTheOrigin) {
  Places places("a.textproto");
  places.Set("snclr", "a.textproto:3:1");
  places.Set("snclr.bank.rows", "a.textproto:5:5");
  EXPECT_EQ(places.Find("snclr.bank.rows"), "a.textproto:5:5");
  EXPECT_EQ(places.Find("snclr.bank.scope"), "a.textproto:3:1");
  EXPECT_EQ(places.Find("name"), "a.textproto");
  EXPECT_EQ(places.Find(""), "a.textproto");
  EXPECT_TRUE(places.Has("snclr"));
  EXPECT_FALSE(places.Has("snclr.bank"));
}

TEST(PlacesTest, MergePrefersTheOtherAndKeepsTheOrigin) {
  Places base("child"), child("other");
  base.Set("a", "base:1:1");
  base.Set("b", "base:2:1");
  child.Set("b", "child:9:1");
  base.Merge(child);
  EXPECT_EQ(base.Find("a"), "base:1:1");
  EXPECT_EQ(base.Find("b"), "child:9:1");
  EXPECT_EQ(base.Find("c"), "child");
}

TEST(ProblemsTest, AreOneLineEachInOrder) {
  Problems problems;
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(problems.status().ok());
  problems.Add("f:1:2", "z.y", "must be set");
  problems.Add("f:3:4", "", "wanted a value");
  EXPECT_FALSE(problems.empty());
  EXPECT_EQ(problems.status(),
            absl::InvalidArgumentError("f:1:2: z.y: must be set\n"
                                       "f:3:4: wanted a value"));
}

}  // namespace
}  // namespace snclr
