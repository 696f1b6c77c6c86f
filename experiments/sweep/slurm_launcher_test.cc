// SPDX-License-Identifier: MIT
// Against programs that stand for Slurm's; slurm_test.sh has the real ones.
#include "experiments/sweep/slurm_launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SlurmLauncherTest : public testing::Test {
 protected:
  void SetUp() override {
    Program("sbatch", "cp \"$2\" \"" + folder_ + "/submitted\"; echo 7");
    Program("squeue", "cat \"" + folder_ + "/queue\"");
    Program("scontrol", "cat \"" + folder_ + "/job_$4\"");
    WriteText(folder_ + "/queue", "");
    path_ = std::getenv("PATH");
    setenv("PATH", absl::StrCat(folder_, ":", path_).c_str(), 1);
  }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }

  void Program(const std::string& name, const std::string& body) {
    WriteText(folder_ + "/" + name, "#!/bin/sh\n" + body + "\n");
    chmod((folder_ + "/" + name).c_str(), 0755);
  }

  std::unique_ptr<SlurmLauncher> Make(const SlurmSpec& spec) {
    auto launcher = SlurmLauncher::Create(spec, "n", folder_, /*jobs=*/4);
    EXPECT_TRUE(launcher.ok()) << launcher.status();
    return launcher.ok() ? *std::move(launcher) : nullptr;
  }

  static SlurmSpec Spec() {
    SlurmSpec spec;
    spec.set_cpus(2);
    spec.set_gpus(0);
    return spec;
  }

  static std::vector<TrialCommand> TwoCommands() {
    return {{"aa", {"/bin/train", "--x=it's"}, "/logs/aa.log"},
            {"bb", {"/bin/train"}, "/logs/bb.log"}};
  }

  // The line of a task as squeue prints it.
  std::string Line(int task) {
    return absl::StrCat("7|", task, "|", folder_, "/slurm/1/array.sh\n");
  }

  static std::vector<TrialEnd> WaitForEnds(SlurmLauncher& launcher) {
    while (true) {
      auto ends = launcher.Poll();
      if (!ends.ok() || !ends->empty()) return *ends;
      absl::SleepFor(absl::Milliseconds(50));
    }
  }

  const std::string folder_ = TestFolder();
  std::string path_;
};

TEST_F(SlurmLauncherTest, SubmitsAnArrayWithWhatTheSpecAsksFor) {
  SlurmSpec spec = Spec();
  spec.set_partition("gpu");
  spec.set_time("1:00:00");
  spec.set_gpus(1);
  spec.set_memory("8G");
  spec.add_lines("--account=vision");
  const auto launcher = Make(spec);
  ASSERT_TRUE(launcher->Start(TwoCommands()).ok());
  const std::string script = ReadText(folder_ + "/submitted");
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=0-1%4\n"));
  for (const char* option :
       {"--partition=gpu", "--time=1:00:00", "--signal=B:TERM@60", "--gpus=1",
        "--cpus-per-task=2", "--mem=8G", "--account=vision", "--no-requeue"}) {
    EXPECT_THAT(script, HasSubstr(absl::StrCat("#SBATCH ", option, "\n")));
  }
  const std::string task = ReadText(folder_ + "/slurm/1/0.sh");
  EXPECT_THAT(task, HasSubstr("export OMP_NUM_THREADS=2\n"));
  EXPECT_THAT(task, HasSubstr("exec /bin/train '--x=it'\\''s' >>/logs/aa.log"));
}

TEST_F(SlurmLauncherTest, ATaskThatLeavesTheQueueHasEnded) {
  const auto launcher = Make(Spec());
  ASSERT_TRUE(launcher->Start(TwoCommands()).ok());
  EXPECT_THAT(launcher->Alive(), ElementsAre("aa", "bb"));
  WriteText(folder_ + "/queue", Line(1));
  WriteText(folder_ + "/job_7_0",
            "JobId=8 ArrayJobId=7 JobState=FAILED Reason=x ExitCode=1:0\n");
  std::vector<TrialEnd> ends = WaitForEnds(*launcher);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].hash, "aa");
  EXPECT_EQ(ends[0].exit_status, 1);
  EXPECT_FALSE(ends[0].stopped);
  EXPECT_THAT(launcher->Alive(), ElementsAre("bb"));

  WriteText(folder_ + "/queue", "");
  WriteText(folder_ + "/job_7_1", "JobId=9 JobState=TIMEOUT ExitCode=0:15\n");
  ends = WaitForEnds(*launcher);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].exit_status, -1);
  EXPECT_TRUE(ends[0].stopped) << "out of time: it goes on";
  EXPECT_THAT(ends[0].how, HasSubstr("TIMEOUT"));
}

TEST_F(SlurmLauncherTest, CancelledOutOfMemoryAndForgottenAreToldApart) {
  const auto launcher = Make(Spec());
  ASSERT_TRUE(launcher->Start(TwoCommands()).ok());
  WriteText(folder_ + "/job_7_0", "JobState=CANCELLED ExitCode=0:0\n");
  const std::vector<TrialEnd> ends = WaitForEnds(*launcher);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_TRUE(ends[0].cancelled);
  EXPECT_EQ(ends[1].exit_status, -1);
  EXPECT_THAT(ends[1].how, HasSubstr("remembers no more"));
}

TEST_F(SlurmLauncherTest, FindsTheJobsOfASweepThatWasKilled) {
  {
    ASSERT_TRUE(Make(Spec())->Start(TwoCommands()).ok());
  }
  WriteText(folder_ + "/queue", Line(0) + Line(1));
  const auto launcher = Make(Spec());
  EXPECT_THAT(launcher->Alive(), ElementsAre("aa", "bb"));
  ASSERT_TRUE(launcher->Start({TwoCommands()[0]}).ok());
  EXPECT_EQ(ReadText(folder_ + "/slurm/2/tasks"), "aa");
}

TEST_F(SlurmLauncherTest, ASilentControllerEndsNothing) {
  const auto launcher = Make(Spec());
  ASSERT_TRUE(launcher->Start(TwoCommands()).ok());
  Program("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1");
  absl::SleepFor(absl::Milliseconds(2100));
  EXPECT_THAT(*launcher->Poll(), IsEmpty());
  EXPECT_THAT(launcher->Alive(), ElementsAre("aa", "bb"));
  const auto other = SlurmLauncher::Create(Spec(), "n", folder_, 1);
  EXPECT_TRUE(absl::IsUnavailable(other.status()));
  EXPECT_THAT(std::string(other.status().message()),
              HasSubstr("squeue: Unable to contact slurm controller"));
}

TEST(SlurmJobNameTest, BelongsToTheFolderToo) {
  EXPECT_NE(SlurmJobName("n", "/a"), SlurmJobName("n", "/b"));
  EXPECT_THAT(SlurmJobName("n", "/a"), HasSubstr("n-"));
  EXPECT_THAT(SlurmJobName("n", "/a"), Not(HasSubstr("/")));
}

}  // namespace
}  // namespace snclr
