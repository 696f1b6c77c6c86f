// SPDX-License-Identifier: MIT
#include "experiments/launch/launch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Write(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/launch.textproto";
  std::ofstream(path) << text;
  return path;
}

TEST(LaunchFileTest, FlagsGoOverTheFileAndDefaultsFillTheRest) {
  const auto launch = ReadLaunchSpec(
      Write("nodes: 4\nslurm { partition: \"gpu\" setup: \"module load cuda\" "
            "options: [\"--exclusive\"] }"),
      {{"nodes=2", "--nodes=2"}, {"slurm.account=vision", "--slurm=..."}});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->nodes(), 2);
  EXPECT_EQ(launch->procs_per_node(), 1);
  EXPECT_EQ(launch->slurm().partition(), "gpu");
  EXPECT_EQ(launch->slurm().account(), "vision");
  EXPECT_EQ(launch->slurm().signal_seconds(), 120);
  EXPECT_THAT(launch->slurm().setup(), ElementsAre("module load cuda"));
}

TEST(LaunchFileTest, WhatIsWrongIsSaidWithFileAndLine) {
  const std::string path = Write(
      "nodes: 0\n"
      "slurm {\n"
      "  gpu_per_node: 8\n"
      "  time_minutes: 2\n"
      "  options: \"exclusive\"\n"
      "}\n");
  const auto launch = ReadLaunchSpec(path, {});
  ASSERT_TRUE(absl::IsInvalidArgument(launch.status()));
  const std::string said(launch.status().message());
  EXPECT_THAT(said, HasSubstr(path + ":1:1: nodes: must be at least 1"));
  EXPECT_THAT(said, HasSubstr(path + ":3:3: slurm.gpu_per_node: no such "
                                     "field; did you mean "
                                     "'slurm.gpus_per_node'?"));
  EXPECT_THAT(said, HasSubstr("slurm.signal_seconds: 120 s before the limit"));
  EXPECT_THAT(said,
              HasSubstr(path + ":5:12: slurm.options[0]: wanted an option"));
}

}  // namespace
}  // namespace snclr
