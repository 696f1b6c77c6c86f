// SPDX-License-Identifier: MIT
#include "data/sources/open_source.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/source_test_suite.h"
#include "data/testing/test_images.h"

namespace snclr {
namespace {

// Two classes with `count` images each.
DataSpec FolderSpec(const std::string& name, int count) {
  const std::string root = MakeTestFolder(name);
  for (int i = 0; i < count; ++i) {
    const std::string png = EncodePng(DrawTestImage(4, 4, i));
    WriteTestFile(absl::StrCat(root, "/train/cat/", i, ".png"), png);
    WriteTestFile(absl::StrCat(root, "/train/dog/", i, ".png"), png);
    WriteTestFile(absl::StrCat(root, "/test/cat/", i, ".png"), png);
  }
  DataSpec spec;
  spec.mutable_image_folder()->set_root(root);
  return spec;
}

DataSpec ProceduralDataSpec() {
  DataSpec spec;
  spec.mutable_procedural()->set_seed(1);
  spec.mutable_procedural()->set_classes(4);
  spec.mutable_procedural()->set_image_size_px(32);
  spec.set_train_images(20);
  spec.set_test_images(8);
  return spec;
}

void ExpectError(const DataSpec& spec, Split split, absl::StatusCode code,
                 const std::string& part) {
  const absl::Status status = OpenSource(spec, split).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
}

TEST(OpenSourceTest, CutsEachSplitDownToWhatIsAskedFor) {
  DataSpec spec = FolderSpec("open_cut", 10);
  EXPECT_EQ(OpenOrFail(OpenSource(spec, Split::kTrain))->size(), 20);
  spec.set_train_images(6);
  spec.set_test_images(3);
  const auto train = OpenOrFail(OpenSource(spec, Split::kTrain));
  EXPECT_EQ(train->size(), 6);
  EXPECT_EQ(OpenOrFail(OpenSource(spec, Split::kTest))->size(), 3);
  int64_t of_class_0 = 0;
  for (int64_t i = 0; i < 6; ++i) of_class_0 += train->label(i) == 0;
  EXPECT_EQ(of_class_0, 3);
  ExpectSourceBehaves([&] { return OpenSource(spec, Split::kTrain); });

  spec.set_test_images(11);
  ExpectError(spec, Split::kTest, absl::StatusCode::kInvalidArgument,
              "data.test_images: 11 images asked for, there are 10");
}

TEST(OpenSourceTest, DrawsAsManyAsAreAskedFor) {
  const DataSpec spec = ProceduralDataSpec();
  EXPECT_EQ(OpenOrFail(OpenSource(spec, Split::kTrain))->size(), 20);
  EXPECT_EQ(OpenOrFail(OpenSource(spec, Split::kTest))->size(), 8);
  ExpectSourceBehaves([&] { return OpenSource(spec, Split::kTrain); });
  ExpectSourceBehaves([&] { return OpenSource(spec, Split::kTest); });
}

TEST(OpenSourceTest, SplitsOfDrawnImagesLookDifferent) {
  const DataSpec spec = ProceduralDataSpec();
  const auto train = OpenOrFail(OpenSource(spec, Split::kTrain));
  const auto test = OpenOrFail(OpenSource(spec, Split::kTest));
  ExpectFingerprintsDiffer(*train, *test);
  std::set<std::string> images;
  for (int64_t i = 0; i < train->size(); ++i) {
    images.insert(train->Read(i)->bytes);
  }
  for (int64_t i = 0; i < test->size(); ++i) {
    EXPECT_EQ(images.count(test->Read(i)->bytes), 0);
  }
}

TEST(OpenSourceTest, OpensEachKind) {
  DataSpec spec;
  spec.mutable_cifar()->set_root("/no/such/cifar");
  ExpectError(spec, Split::kTrain, absl::StatusCode::kNotFound,
              "/no/such/cifar");
  spec.mutable_webdataset()->set_train_shards("/no/such/{0..1}.tar");
  ExpectError(spec, Split::kTrain, absl::StatusCode::kNotFound,
              "/no/such/0.tar");
  spec.mutable_image_folder()->set_root("/no/such/folder");
  ExpectError(spec, Split::kTrain, absl::StatusCode::kNotFound,
              "/no/such/folder");
  ExpectError(DataSpec(), Split::kTrain, absl::StatusCode::kInvalidArgument,
              "image_folder, cifar, webdataset, procedural");
}

}  // namespace
}  // namespace snclr
