// SPDX-License-Identifier: MIT
#include "data/sources/subset.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "data/testing/source_test_suite.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"

namespace snclr {
namespace {

absl::StatusOr<EncodedImage> ReadPng(int64_t index) {
  EncodedImage encoded;
  encoded.format = EncodedImage::Format::kPng;
  encoded.bytes = EncodePng(DrawTestImage(4, 4, static_cast<int>(index)));
  return encoded;
}

absl::StatusOr<std::unique_ptr<Source>> Take(const std::vector<int64_t>& sizes,
                                             int64_t count) {
  return TakeEvenly(std::make_unique<TestSource>(sizes, ReadPng), count,
                    "data.train_images");
}

std::map<int64_t, int> Labels(const Source& source) {
  std::map<int64_t, int> count;
  for (int64_t i = 0; i < source.size(); ++i) ++count[source.label(i)];
  return count;
}

TEST(TakeEvenlyTest, BehavesAsASource) {
  ExpectSourceBehaves([] { return Take({20, 10, 5}, 9); });
}

TEST(TakeEvenlyTest, TakesTheSameNumberOfEveryClass) {
  EXPECT_EQ(Labels(*OpenOrFail(Take({20, 10, 30}, 15))),
            (std::map<int64_t, int>{{0, 5}, {1, 5}, {2, 5}}));
  EXPECT_EQ(Labels(*OpenOrFail(Take({20, 2, 30}, 12))),
            (std::map<int64_t, int>{{0, 5}, {1, 2}, {2, 5}}));
}

TEST(TakeEvenlyTest, KeepsNameLabelAndBytesTogether) {
  const auto subset = OpenOrFail(Take({20, 20}, 10));
  for (int64_t i = 0; i < subset->size(); ++i) {
    const int64_t whole = std::stoll(subset->name(i).substr(6));
    EXPECT_EQ(subset->label(i), whole / 20);
    EXPECT_EQ(subset->Read(i)->bytes, ReadPng(whole)->bytes);
  }
}

TEST(TakeEvenlyTest, TakesOfUnlabelledImagesToo) {
  auto source = TakeEvenly(
      std::make_unique<TestSource>(TestSource::Unlabelled(50)), 7, "field");
  const auto subset = OpenOrFail(std::move(source));
  EXPECT_EQ(Labels(*subset), (std::map<int64_t, int>{{kUnlabelled, 7}}));
}

TEST(TakeEvenlyTest, FingerprintsDifferByCount) {
  ExpectFingerprintsDiffer(*OpenOrFail(Take({20, 20}, 10)),
                           *OpenOrFail(Take({20, 20}, 12)));
}

TEST(TakeEvenlyTest, AllImagesAreTheSourceItself) {
  EXPECT_EQ(OpenOrFail(Take({3, 4}, 7))->fingerprint(), "00000000000000ff");
}

TEST(TakeEvenlyTest, MoreThanThereAreIsRefusedByField) {
  const absl::Status status = Take({3, 4}, 8).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "data.train_images: 8"));
  EXPECT_TRUE(absl::StrContains(status.message(), "there are 7"));
}

}  // namespace
}  // namespace snclr
