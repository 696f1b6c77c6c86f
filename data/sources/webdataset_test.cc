// SPDX-License-Identifier: MIT
#include "data/sources/webdataset.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/source_test_suite.h"
#include "data/testing/test_images.h"
#include "data/testing/test_tar.h"

namespace snclr {
namespace {

// A sample of an image and a class.
std::string Sample(const std::string& key, int label, int seed) {
  return TarFile(key + ".jpg", EncodeJpeg(DrawTestImage(8, 8, seed))) +
         TarFile(key + ".cls", absl::StrCat(label));
}

// Three shards of four samples, labels 0 to 4.
std::string WriteShards(const std::string& name) {
  const std::string root = MakeTestFolder(name);
  for (int shard = 0; shard < 3; ++shard) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) {
      const int number = shard * 4 + i;
      bytes += Sample(absl::StrCat("s", number), number % 5, number);
    }
    WriteTestFile(absl::StrCat(root, "/", shard, ".tar"), bytes + TarEnd());
  }
  return root;
}

absl::StatusOr<std::unique_ptr<Source>> OpenTrain(const std::string& pattern) {
  WebDatasetSpec spec;
  spec.set_train_shards(pattern);
  return OpenWebDataset(spec, Split::kTrain);
}

// One shard with these bytes.
absl::StatusOr<std::unique_ptr<Source>> OpenShard(const std::string& name,
                                                  const std::string& bytes) {
  const std::string path = MakeTestFolder("wds_" + name) + "/0.tar";
  WriteTestFile(path, bytes);
  return OpenTrain(path);
}

TEST(WebDatasetTest, BehavesAsASource) {
  const std::string root = WriteShards("wds_suite");
  ExpectSourceBehaves([&] { return OpenTrain(root + "/{0..2}.tar"); });
}

TEST(WebDatasetTest, SamplesOfAllShardsFollowEachOther) {
  const std::string root = WriteShards("wds_order");
  const auto source = OpenOrFail(OpenTrain(root + "/*.tar"));
  ASSERT_EQ(source->size(), 12);
  EXPECT_EQ(source->class_names(),
            std::vector<std::string>({"0", "1", "2", "3", "4"}));
  for (const int i : {0, 3, 4, 11}) {
    EXPECT_EQ(source->label(i), i % 5);
    EXPECT_EQ(source->name(i),
              absl::StrCat(root, "/", i / 4, ".tar:s", i, ".jpg"));
    const auto image = source->Read(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->bytes, EncodeJpeg(DrawTestImage(8, 8, i)));
  }
}

TEST(WebDatasetTest, AKeyEndsAtTheFirstDotOfTheLastComponent) {
  const std::string png = EncodePng(DrawTestImage(4, 4, 1));
  const auto source = OpenOrFail(OpenShard(
      "keys", TarFile("v1.0/a.cls", "3\n") + TarFile("v1.0/a.PNG", png) +
                  TarFile("v1.0/a.json", "{}") +
                  TarFile("v1.0/b.seg.png", png) + TarFile("v1.0/b.jpeg", png) +
                  TarEnd()));
  ASSERT_EQ(source->size(), 2);
  EXPECT_EQ(source->label(0), 3);
  EXPECT_EQ(source->label(1), kUnlabelled);
  EXPECT_TRUE(absl::EndsWith(source->name(1), "0.tar:v1.0/b.jpeg"));
  EXPECT_EQ(source->Read(1)->format, EncodedImage::Format::kPng);
}

TEST(WebDatasetTest, WithoutClassesImagesAreUnlabelled) {
  const auto source = OpenOrFail(OpenShard(
      "unlabelled", TarFile("a.png", EncodePng(DrawTestImage(4, 4, 1))) +
                        TarFile("b.txt", "no image") + TarEnd()));
  EXPECT_EQ(source->size(), 1);
  EXPECT_EQ(source->label(0), kUnlabelled);
  EXPECT_TRUE(source->class_names().empty());
}

TEST(WebDatasetTest, ABadClassIsNamed) {
  for (const char* label : {"cat", "-1", "", "99999999"}) {
    const absl::Status status =
        OpenShard("label",
                  TarFile("a.png", "x") + TarFile("a.cls", label) + TarEnd())
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "0.tar:a.cls: \""))
        << status;
  }
}

TEST(WebDatasetTest, ATruncatedShardIsNamed) {
  const std::string root = WriteShards("wds_truncated");
  const std::string whole = Sample("a", 1, 1) + Sample("b", 1, 2) + TarEnd();
  WriteTestFile(root + "/1.tar", whole.substr(0, whole.size() / 2));
  const absl::Status status = OpenTrain(root + "/{0..2}.tar").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), root + "/1.tar")) << status;
}

TEST(WebDatasetTest, AMemberThatIsNoImageFailsWhenReadNotBefore) {
  const auto source =
      OpenOrFail(OpenShard("text", TarFile("a.jpg", "just text") + TarEnd()));
  const absl::Status status = source->Read(0).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), "0.tar:a.jpg: neither"))
      << status;
}

TEST(WebDatasetTest, NothingToReadIsSaid) {
  EXPECT_EQ(OpenShard("empty", TarEnd()).status().code(),
            absl::StatusCode::kInvalidArgument);
  const absl::Status unset =
      OpenWebDataset(WebDatasetSpec(), Split::kTest).status();
  EXPECT_EQ(unset.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(unset.message(), "test_shards"));
}

TEST(WebDatasetTest, FingerprintFollowsNamesSizesAndLabels) {
  const std::string base = Sample("a", 1, 1) + TarEnd();
  const auto print = [](const std::string& bytes) {
    return OpenOrFail(OpenShard("print", bytes))->fingerprint();
  };
  EXPECT_EQ(print(base), print(base));
  EXPECT_NE(print(base), print(Sample("b", 1, 1) + TarEnd()));
  EXPECT_NE(print(base), print(Sample("a", 2, 1) + TarEnd()));
  EXPECT_NE(print(base), print(TarFile("a.jpg", "other") +
                               TarFile("a.cls", "1") + TarEnd()));
}

}  // namespace
}  // namespace snclr
