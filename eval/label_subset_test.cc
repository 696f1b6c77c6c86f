// SPDX-License-Identifier: MIT
#include "eval/label_subset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "absl/status/status.h"
#include "data/testing/test_source.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

LabelsSpec Share(double fraction, uint64_t seed = 1) {
  LabelsSpec labels;
  labels.set_fraction(fraction);
  labels.set_seed(seed);
  return labels;
}

// A list that other machines, and later versions of this program, must give
// too.
TEST(LabelSubsetTest, IsAFixedList) {
  EXPECT_THAT(LabelSubset(TestSource({20, 20, 10}), Share(0.1)),
              ElementsAre(4, 13, 36, 39, 45));
}

TEST(LabelSubsetTest, TakesTheShareOfEachClassAndAtLeastOneImage) {
  const TestSource source({1000, 300, 4});
  const std::vector<int64_t> places = LabelSubset(source, Share(0.01));
  std::vector<int64_t> count(3);
  for (const int64_t place : places) ++count[source.label(place)];
  EXPECT_THAT(count, ElementsAre(10, 3, 1));
}

TEST(LabelSubsetTest, AnotherSeedIsAnotherList) {
  const TestSource source({1000});
  EXPECT_EQ(LabelSubset(source, Share(0.1, 2)),
            LabelSubset(source, Share(0.1, 2)));
  EXPECT_NE(LabelSubset(source, Share(0.1, 1)),
            LabelSubset(source, Share(0.1, 2)));
}

TEST(LabelSubsetTest, UnlabelledImagesAreNeverChosen) {
  EXPECT_THAT(LabelSubset(TestSource::Unlabelled(50), Share(0.5)), SizeIs(0));
}

TEST(TakeLabelledTest, AllLabelsAreTheSourceItself) {
  auto source = std::make_unique<TestSource>(std::vector<int64_t>{5});
  const Source* const before = source.get();
  EXPECT_EQ(TakeLabelled(std::move(source), Share(1)).get(), before);
}

TEST(TakeLabelledTest, TheListNamesWhatIsTaken) {
  const auto taken = TakeLabelled(
      std::make_unique<TestSource>(std::vector<int64_t>{20, 20, 10}),
      Share(0.1));
  ASSERT_EQ(taken->size(), 5);
  EXPECT_EQ(taken->label(4), 2);
  const std::string path = std::string(::testing::TempDir()) + "/list.txt";
  ASSERT_TRUE(WriteImageList(*taken, path).ok());
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "image 4\nimage 13\nimage 36\nimage 39\nimage 45\n");
}

TEST(LabelsPrefixTest, SaysThePercentage) {
  EXPECT_EQ(LabelsPrefix(Share(0.01)), "semi_1pct_");
  EXPECT_EQ(LabelsPrefix(Share(0.1)), "semi_10pct_");
  EXPECT_EQ(LabelsPrefix(Share(0.125)), "semi_12.5pct_");
  EXPECT_EQ(LabelsPrefix(Share(1)), "");
}

}  // namespace
}  // namespace snclr
