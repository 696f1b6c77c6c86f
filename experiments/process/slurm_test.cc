// SPDX-License-Identifier: MIT
#include "experiments/process/slurm.h"

#include <gtest/gtest.h>

namespace snclr {
namespace {

TEST(SlurmJobTest, HasWhatTheControllerSays) {
  const SlurmJob job = ParseSlurmJob(
      "JobId=8 JobName=vit JobState=FAILED Reason=NonZeroExitCode "
      "Requeue=1 Restarts=2 BatchFlag=1 ExitCode=138:0 "
      "ReqNodeList=(null) ExcNodeList=(null) NodeList=node[1-2]\n");
  EXPECT_EQ(job.state, "FAILED");
  EXPECT_EQ(job.reason, "NonZeroExitCode");
  EXPECT_EQ(job.nodes, "node[1-2]");
  EXPECT_EQ(job.exit_status, 138);
  EXPECT_EQ(job.signal, 0);
  EXPECT_EQ(job.restarts, 2);
}

TEST(SlurmJobTest, HasNoNodesBeforeItRuns) {
  const SlurmJob job = ParseSlurmJob(
      "JobId=8 JobState=PENDING Reason=Resources ExitCode=0:0 "
      "NodeList=(null)\n");
  EXPECT_EQ(job.state, "PENDING");
  EXPECT_EQ(job.nodes, "");
  EXPECT_EQ(ParseSlurmJob("JobState=TIMEOUT ExitCode=0:15").signal, 15);
}

}  // namespace
}  // namespace snclr
