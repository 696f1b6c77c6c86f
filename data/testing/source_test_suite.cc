// SPDX-License-Identifier: MIT
#include "data/testing/source_test_suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "data/decode/decode.h"
#include "data/image.h"

namespace snclr {
namespace {

void ExpectListIsSound(const Source& source) {
  ASSERT_GT(source.size(), 0);
  const int64_t classes = source.class_names().size();
  std::set<std::string> names;
  for (int64_t i = 0; i < source.size(); ++i) {
    EXPECT_FALSE(source.name(i).empty());
    EXPECT_TRUE(names.insert(source.name(i)).second)
        << source.name(i) << " names two images";
    const int64_t label = source.label(i);
    EXPECT_TRUE(label == kUnlabelled || (label >= 0 && label < classes))
        << source.name(i) << " has label " << label;
  }
  EXPECT_EQ(source.fingerprint().size(), 16);
  EXPECT_EQ(source.fingerprint().find_first_not_of("0123456789abcdef"),
            std::string::npos);
}

void ExpectSameLists(const Source& a, const Source& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.class_names(), b.class_names());
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  for (int64_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a.name(i), b.name(i));
    EXPECT_EQ(a.label(i), b.label(i));
  }
}

// All images' bytes; empty where one could not be read or decoded.
std::vector<std::string> ReadAll(const Source& source) {
  std::vector<std::string> all;
  Image image;
  for (int64_t i = 0; i < source.size(); ++i) {
    const absl::StatusOr<EncodedImage> encoded = source.Read(i);
    if (!encoded.ok() || !DecodeImage(*encoded, 1, image).ok()) return {};
    all.push_back(encoded->bytes);
  }
  return all;
}

}  // namespace

void ExpectSourceBehaves(const OpenForTest& open) {
  const std::unique_ptr<Source> source = OpenOrFail(open());
  const std::unique_ptr<Source> again = OpenOrFail(open());
  ASSERT_TRUE(source != nullptr && again != nullptr);
  ExpectListIsSound(*source);
  ExpectSameLists(*source, *again);

  const std::vector<std::string> images = ReadAll(*again);
  ASSERT_FALSE(images.empty()) << "an image could not be read or decoded";
  std::vector<std::vector<std::string>> read(3);
  std::vector<std::thread> threads;
  for (auto& list : read) {
    threads.emplace_back([&] { list = ReadAll(*source); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& list : read) EXPECT_TRUE(list == images);
}

void ExpectFingerprintsDiffer(const Source& a, const Source& b) {
  EXPECT_NE(a.fingerprint(), b.fingerprint());
}

std::unique_ptr<Source> OpenOrFail(
    absl::StatusOr<std::unique_ptr<Source>> opened) {
  if (opened.ok()) return *std::move(opened);
  ADD_FAILURE() << opened.status().ToString();
  return nullptr;
}

}  // namespace snclr
