// SPDX-License-Identifier: MIT
#include "experiments/trainer/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Remembers what it is told.
class ListRecorder final : public Recorder {
 public:
  void Metrics(int64_t step, double epoch,
               const std::vector<MetricValue>& values) override {
    for (const auto& [name, value] : values) {
      told.push_back(absl::StrCat(step, " ", epoch, " ", name, " ", value));
    }
  }
  void Artifact(const std::string&, const std::string&, int64_t,
                const std::string&) override {}
  void Note(int64_t step, const std::string& text) override {
    told.push_back(absl::StrCat(step, " ", text));
  }
  absl::Status Finish(RunStatus, const std::string&) override {
    return absl::OkStatus();
  }

  std::vector<std::string> told;
};

class JournalTest : public testing::Test {
 protected:
  JournalTest()
      : screen_(open_memstream(&data_, &size_)),
        progress_(screen_, /*live=*/false, nullptr) {}
  ~JournalTest() override {
    std::fclose(screen_);
    std::free(data_);
  }
  std::string Screen() {
    std::fflush(screen_);
    return {data_, size_};
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  std::FILE* screen_;
  Progress progress_;
  ListRecorder recorder_;
};

TEST_F(JournalTest, TheTrackerGetsNamesAndTheEventFileGroups) {
  const std::string folder = testing::TempDir() + "/journal";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto events = EventWriter::Open(folder, 0);
  ASSERT_TRUE(events.ok()) << events.status();
  Journal(&recorder_, events->get(), &progress_)
      .Metrics("train", 10, 0.5, {{"loss", 4.25}, {"lr", 0.1}});
  EXPECT_THAT(recorder_.told, ElementsAre("10 0.5 loss 4.25", "10 0.5 lr 0.1"));
  std::ifstream stream((*events)->path(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_THAT(bytes, HasSubstr("train/loss"));
  EXPECT_EQ(Screen(), "");
}

TEST_F(JournalTest, AFindingIsALineANoteAndAMetric) {
  Journal(&recorder_, nullptr, &progress_)
      .Report({{"collapse", 7, "all alike"}}, 0.25);
  EXPECT_EQ(Screen(), "! watch: step 7: all alike\n");
  EXPECT_THAT(recorder_.told, ElementsAre("7 watch: step 7: all alike",
                                          "7 0.25 watch_collapse 1"));
}

}  // namespace
}  // namespace snclr
