// SPDX-License-Identifier: MIT
#include "experiments/launch/slurm_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "experiments/launch/launch_file.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SlurmScriptTest : public testing::Test {
 protected:
  SlurmScriptTest() {
    spec_.set_name("vit");
    command_.program = "/bin/train";
    command_.spec = "/runs/it's/spec.textproto";
    command_.out = "/runs";
  }

  std::string Script(const std::vector<LaunchAssignment>& launch) {
    const auto resolved = ReadLaunchSpec("", launch);
    EXPECT_TRUE(resolved.ok()) << resolved.status();
    return SlurmScript(*resolved, spec_, command_, "/runs/output");
  }

  ExperimentSpec spec_;
  TrainCommand command_;
};

TEST_F(SlurmScriptTest, AsksForWhatTheLaunchSays) {
  const std::string script = Script({{"nodes=4", ""},
                                     {"procs_per_node=8", ""},
                                     {"slurm.partition=gpu", ""},
                                     {"slurm.account=vision", ""},
                                     {"slurm.time_minutes=480", ""},
                                     {"slurm.gpus_per_node=8", ""},
                                     {"slurm.cpus_per_task=12", ""},
                                     {"slurm.memory=500G", ""},
                                     {"slurm.signal_seconds=300", ""}});
  for (const char* option :
       {"--job-name=vit", "--nodes=4", "--ntasks-per-node=8",
        "--gpus-per-node=8", "--cpus-per-task=12", "--partition=gpu",
        "--account=vision", "--time=480", "--mem=500G", "--requeue",
        "--open-mode=append", "--output=/runs/output", "--signal=B:USR1@300"}) {
    EXPECT_THAT(script, HasSubstr(absl::StrCat("#SBATCH ", option, "\n")));
  }
  EXPECT_THAT(script, HasSubstr("srun --nodes=4 --ntasks=32 "
                                "--ntasks-per-node=8 --cpus-per-task=12"));
  EXPECT_THAT(script, HasSubstr("WORLD_SIZE=32 LOCAL_WORLD_SIZE=8\n"));
  EXPECT_THAT(script, HasSubstr("-f$((SLURM_LOCALID % 8 + 1))"));
  EXPECT_THAT(script, HasSubstr("export OMP_NUM_THREADS=12\n"));
  EXPECT_THAT(script, HasSubstr("kill -USR1 \"$ranks\" 2>/dev/null; fi\n"));
  EXPECT_THAT(script, HasSubstr("'--spec=/runs/it'\\''s/spec.textproto'"));
}

TEST_F(SlurmScriptTest, IsAScriptThatBashReads) {
  const std::string path = ::testing::TempDir() + "/job.sh";
  std::ofstream(path) << Script({{"slurm.gpus_per_node=2", ""}});
  EXPECT_EQ(std::system(absl::StrCat("bash -n ", path).c_str()), 0);
}

TEST_F(SlurmScriptTest, LeavesToTheClusterWhatNobodySaid) {
  const std::string script = Script({});
  for (const char* option :
       {"--partition", "--account", "--time=", "--gpus", "--mem"}) {
    EXPECT_THAT(script, Not(HasSubstr(option)));
  }
  EXPECT_THAT(script, Not(HasSubstr("CUDA_VISIBLE_DEVICES")));
}

TEST_F(SlurmScriptTest, ARunThatIsBegunAnewGoesOnAfterThat) {
  command_.resume = "never";
  EXPECT_THAT(Script({}), HasSubstr("\nresume=never\nresume_again=auto\n"));
  command_.resume = "vit/003";
  EXPECT_THAT(Script({}),
              HasSubstr("\nresume=vit/003\nresume_again=vit/003\n"));
}

TEST_F(SlurmScriptTest, TheSpecSaysWhereToMeetHowManyThreadsAndRestarts) {
  auto& parallelism = *spec_.mutable_parallelism();
  parallelism.set_master_address("ib-node1");
  parallelism.set_master_port(29500);
  parallelism.set_threads(6);
  parallelism.set_restarts(3);
  const std::string script = Script({});
  EXPECT_THAT(script, HasSubstr("export MASTER_ADDR=ib-node1\n"));
  EXPECT_THAT(script, HasSubstr("\nport=29500\n"));
  EXPECT_THAT(script, HasSubstr("export OMP_NUM_THREADS=6\n"));
  EXPECT_THAT(script, HasSubstr("\nrestarts=3 "));
}

}  // namespace
}  // namespace snclr
