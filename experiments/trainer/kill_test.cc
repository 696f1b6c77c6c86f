// SPDX-License-Identifier: MIT
// //snclr:train as its users run it, killed at moments of every kind. Whatever
// is lost, the same command goes on and ends with the same file, byte for byte,
// as the run that was left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/tracker/tracker.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "snclr/core/base/files_testing.h"
#include "snclr/core/base/program_testing.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

using testing::HasSubstr;

constexpr int64_t kLastStep = 24;
constexpr char kLastCheckpoint[] = "checkpoint-00000024.safetensors";

// What a process is started with beside the usual flags.
struct With {
  std::string kill_before_rename;
  std::string flag = "--resume=auto";
  rlim_t file_bytes = RLIM_INFINITY;
};

class KillTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = testing::TempDir() + "/kill";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    WriteText(folder_ + "/spec.textproto", R"(
        name: "killed"
        snclr { neighbors: 3 bank { rows: 50 } }
        encoder { image_size_px: 16
                  vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2
                        patch_size_px: 8 freeze_patch_projection: false } }
        projector { hidden_dim: 32 output_dim: 16 }
        predictor { hidden_dim: 32 output_dim: 16 }
        data { procedural { classes: 4 image_size_px: 16 }
               train_images: 96 test_images: 32 global_batch: 16 workers: 2 }
        optimizer { base_lr: 1e-3 lr_scaling: NO_SCALING clip_gradient_norm: 5 }
        schedule { epochs: 4 warmup_epochs: 1 }
        evaluation { knn { every_epochs: 1.5 neighbors: 5 } }
        checkpoint { every_steps: 2 }
        watch { every_steps: 5 })");
    expected_ = Checkpoint(Finish("undisturbed"));
    ASSERT_FALSE(expected_.empty());
  }

  // The program with what it printed for this output folder.
  static TestProgram Program(const std::string& out) {
    return TestProgram("snclr/train", folder_ + "/" + out + ".log");
  }
  static std::string Log(const std::string& out) { return Program(out).log(); }

  static pid_t Start(const std::string& out, const With& with = With()) {
    std::map<std::string, std::string> variables;
    if (!with.kill_before_rename.empty()) {
      variables["SNCLR_KILL_BEFORE_RENAME"] = with.kill_before_rename;
    }
    // A child begins with this process's limits.
    rlimit own = {};
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &own), 0);
    const rlimit limit = {with.file_bytes, own.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const pid_t child = Program(out).Start(
        {absl::StrCat("--spec=", folder_, "/spec.textproto"),
         absl::StrCat("--out=", folder_, "/", out), with.flag},
        variables);
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &own), 0);
    return child;
  }

  static int Wait(pid_t child) { return TestProgram::Wait(child); }

  // Runs the command to its end; the output folder.
  static std::string Finish(const std::string& out) {
    EXPECT_EQ(Wait(Start(out)), 0) << Log(out);
    return out;
  }

  static std::string RunFolder(const std::string& out) {
    return folder_ + "/" + out + "/killed/001";
  }

  static std::string Checkpoint(const std::string& out) {
    return ReadText(RunFolder(out) + "/" + kLastCheckpoint);
  }

  static int64_t NewestStep(const std::string& out) {
    const auto paths = ListCheckpoints(RunFolder(out));
    if (paths.empty()) return -1;
    return std::atoll(
        paths.front().substr(paths.front().rfind('-') + 1).c_str());
  }

  // Waits until a checkpoint of this step is there, or the process has ended.
  static void WaitForStep(const std::string& out, int64_t step, pid_t child) {
    siginfo_t ended = {};
    while (NewestStep(out) < step && ended.si_pid == 0) {
      absl::SleepFor(absl::Milliseconds(1));
      waitid(P_PID, child, &ended, WEXITED | WNOHANG | WNOWAIT);
    }
  }

  static std::string folder_;
  static std::string expected_;
};

std::string KillTest::folder_;
std::string KillTest::expected_;

TEST_F(KillTest, KilledAtRandomMomentsItEndsWithTheSameFile) {
  const std::string out = "random";
  Random random(/*seed=*/20, {});
  int kills = 0;
  for (int64_t step = -1; step < kLastStep - 2; step += 2 + random.Below(6)) {
    const pid_t child = Start(out);
    // -1: while it starts, before there is any checkpoint.
    if (step > 0) WaitForStep(out, step, child);
    absl::SleepFor(absl::Milliseconds(step < 0 ? 150 : random.Below(20)));
    kill(child, SIGKILL);
    if (Wait(child) == -SIGKILL) ++kills;
  }
  EXPECT_GE(kills, 3) << "the program was not caught alive often enough";
  Finish(out);
  EXPECT_TRUE(Checkpoint(out) == expected_);
}

TEST_F(KillTest, KilledBetweenWriteAndRenameItLosesOnlyThatCheckpoint) {
  const std::string out = "rename";
  ASSERT_EQ(Wait(Start(out, {/*kill_before_rename=*/"3"})), -SIGKILL);
  EXPECT_EQ(NewestStep(out), 4);
  int orphans = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(RunFolder(out))) {
    if (entry.path().extension() == ".partial") ++orphans;
  }
  EXPECT_EQ(orphans, 1);
  Finish(out);
  EXPECT_TRUE(Checkpoint(out) == expected_);
  for (const auto& entry :
       std::filesystem::directory_iterator(RunFolder(out))) {
    EXPECT_NE(entry.path().extension(), ".partial") << entry.path();
  }
}

// After the last checkpoint, the twelfth, comes the file that says how it
// ended.
TEST_F(KillTest, KilledAtItsLastWordTheTrackerHasItAsFinished) {
  const std::string out = "last_word";
  ASSERT_EQ(Wait(Start(out, {/*kill_before_rename=*/"13"})), -SIGKILL);
  const auto tracker = Tracker::Open(folder_ + "/" + out + "/tracker.sqlite");
  ASSERT_TRUE(tracker.ok()) << tracker.status();
  const auto runs = (*tracker)->Runs();
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 1u);
  EXPECT_EQ(runs->front().status, RunStatus::kFinished);
}

TEST_F(KillTest, TerminatedItSavesAndTellsByItsStatus) {
  const std::string out = "terminated";
  const pid_t child = Start(out);
  WaitForStep(out, 4, child);
  kill(child, SIGTERM);
  EXPECT_EQ(Wait(child), 128 + SIGTERM);
  EXPECT_THAT(Log(out), HasSubstr("the same command again"));
  Finish(out);
  EXPECT_TRUE(Checkpoint(out) == expected_);
}

// A limit on a file's size stands for the full disk. The bank makes checkpoints
// larger than all else that a run writes.
TEST_F(KillTest, AFullDiskIsOneLineAndTheOldCheckpointSurvives) {
  const std::string out = "full", flag = "--set=snclr.bank.rows=40000";
  const pid_t child = Start(out, {"", flag});
  WaitForStep(out, 2, child);
  kill(child, SIGKILL);
  Wait(child);
  const std::string old = ListCheckpoints(RunFolder(out)).at(0);
  const std::string bytes = ReadText(old);
  std::filesystem::remove(folder_ + "/" + out + ".log");

  EXPECT_EQ(Wait(Start(out, {"", flag, bytes.size() - 1})), 2) << Log(out);
  EXPECT_THAT(Log(out), HasSubstr("error: writing the checkpoint of step"));
  EXPECT_TRUE(ReadText(old) == bytes);
  EXPECT_EQ(Wait(Start(out, {"", flag})), 0);
}

// The same spec and seed twice would count as two results.
TEST_F(KillTest, OfTwoAtOnceOneTrainsAndTheOtherSaysSo) {
  const std::string out = "two";
  const pid_t first = Start(out);
  WaitForStep(out, 2, first);
  // It lives, but cannot finish before the second one has looked.
  kill(first, SIGSTOP);
  const int second = Wait(Start(out));
  kill(first, SIGCONT);
  EXPECT_EQ(second, 2);
  EXPECT_EQ(Wait(first), 0);
  EXPECT_THAT(Log(out), HasSubstr("another process is training"));
  EXPECT_TRUE(Checkpoint(out) == expected_);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/two/killed/002"));
}

TEST_F(KillTest, KilledBehindItsLastCheckpointItStillHasItsLastAccuracy) {
  const std::string out = "last";
  const pid_t child = Start(out);
  WaitForStep(out, kLastStep, child);
  kill(child, SIGKILL);
  Wait(child);
  Finish(out);
  EXPECT_TRUE(Checkpoint(out) == expected_);
}

}  // namespace
}  // namespace snclr
