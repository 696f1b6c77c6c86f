// SPDX-License-Identifier: MIT
#include "experiments/trainer/checkpoint.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

std::string NewFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/checkpoint_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

Checkpoint Example(int64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.method = "snclr";
  // A value that looks like the header's own field must not confuse it.
  checkpoint.spec =
      "name: \"a\"\nquestion: \"\\\"checksum\\\":\\\"00000000\\\"\"";
  checkpoint.spec_hash = "0123456789abcdef";
  checkpoint.encoder = "image_size_px: 32";
  checkpoint.threads = 2;
  checkpoint.results = {{"knn_top1", 100.0 / 3}};
  const NamedTensors tensors = {
      {"encoder.weight", at::arange(12, at::kFloat).view({3, 4})},
      {"bank.rows", at::full({5}, step, at::kDouble)},
      {"bank.pointer", at::full({}, 7, at::kLong)}};
  EXPECT_TRUE(checkpoint.Add(tensors, "").ok());
  return checkpoint;
}

TEST(CheckpointTest, ReadsBackWhatWasWritten) {
  const std::string path = NewFolder("back") + "/a.safetensors";
  const auto written = WriteCheckpoint(Example(12), path);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->bytes,
            static_cast<int64_t>(std::filesystem::file_size(path)));
  EXPECT_EQ(written->checksum.size(), 8u);

  const auto read = ReadCheckpoint(path);
  ASSERT_TRUE(read.ok()) << read.status();
  const Checkpoint wanted = Example(12);
  EXPECT_EQ(read->step, 12);
  EXPECT_EQ(read->method, wanted.method);
  EXPECT_EQ(read->spec, wanted.spec);
  EXPECT_EQ(read->spec_hash, wanted.spec_hash);
  EXPECT_EQ(read->encoder, wanted.encoder);
  EXPECT_EQ(read->threads, 2);
  EXPECT_EQ(read->results, wanted.results);
  ASSERT_EQ(read->tensors.size(), 3u);
  for (const auto& [name, tensor] : wanted.tensors) {
    EXPECT_TRUE(at::equal(read->tensors.at(name), tensor)) << name;
  }
}

TEST(CheckpointTest, OneChangedBitAnywhereIsDamage) {
  const std::string path = NewFolder("bits") + "/a.safetensors";
  ASSERT_TRUE(WriteCheckpoint(Example(12), path).ok());
  const std::string whole = ReadFile(path);
  Random random(/*seed=*/3, {});
  for (size_t position = 0; position < whole.size(); ++position) {
    std::string bytes = whole;
    bytes[position] ^= static_cast<char>(1 << random.Below(8));
    WriteFile(path, bytes);
    const auto read = ReadCheckpoint(path);
    ASSERT_TRUE(absl::IsDataLoss(read.status()))
        << "byte " << position << ": " << read.status();
    ASSERT_TRUE(absl::StrContains(read.status().message(), path));
  }
}

TEST(CheckpointTest, AnyCutAndAnyAdditionIsDamage) {
  const std::string path = NewFolder("cuts") + "/a.safetensors";
  ASSERT_TRUE(WriteCheckpoint(Example(12), path).ok());
  const std::string whole = ReadFile(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteFile(path, whole.substr(0, size));
    ASSERT_TRUE(absl::IsDataLoss(ReadCheckpoint(path).status())) << size;
  }
  WriteFile(path, whole + '\0');
  EXPECT_TRUE(absl::IsDataLoss(ReadCheckpoint(path).status()));
}

TEST(CheckpointTest, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadCheckpoint("/no/such/file").status()));
}

TEST(CheckpointTest, ATensorNameIsTakenOnce) {
  Checkpoint checkpoint = Example(1);
  const NamedTensors again = {{"weight", at::arange(2)}};
  EXPECT_FALSE(checkpoint.Add(again, "encoder.").ok());
  EXPECT_TRUE(checkpoint.Add(again, "other.").ok());
}

// A file size limit stands for the full disk: the system refuses the write just
// so.
TEST(CheckpointTest, AFullDiskLeavesTheOldFileAndNothingElse) {
  const std::string folder = NewFolder("full");
  const std::string path = folder + "/a.safetensors";
  ASSERT_TRUE(WriteCheckpoint(Example(12), path).ok());
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {512, 512};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = WriteCheckpoint(Example(13), path);
    _exit(absl::IsResourceExhausted(written.status()) &&
                  absl::StrContains(written.status().message(), "step 13")
              ? 0
              : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the child did not get ResourceExhausted";
  const auto old = ReadCheckpoint(path);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(old->step, 12);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(CheckpointTest, AKillBeforeTheRenameLeavesTheOldFile) {
  const std::string folder = NewFolder("killed");
  const std::string path = folder + "/a.safetensors";
  const pid_t child = fork();
  if (child == 0) {
    // Passes of the tests before count too; each write here is one step more.
    setenv("SNCLR_KILL_BEFORE_RENAME", "20", 1);
    for (int64_t step = 1; step <= 20; ++step) {
      (void)WriteCheckpoint(Example(step), path);
    }
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  const auto old = ReadCheckpoint(path);
  ASSERT_TRUE(old.ok()) << old.status();
  // The new one is whole under its temporary name, one step on.
  const std::string partial = absl::StrCat(path, ".", child, kPartialSuffix);
  const auto next = ReadCheckpoint(partial);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->step, old->step + 1);
}

}  // namespace
}  // namespace snclr
