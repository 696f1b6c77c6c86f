// SPDX-License-Identifier: MIT
#include "data/sources/image_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/source_test_suite.h"
#include "data/testing/test_images.h"
#include "snclr/core/base/logging.h"

namespace snclr {
namespace {

ImageFolderSpec SpecOf(const std::string& root) {
  ImageFolderSpec spec;
  spec.set_root(root);
  spec.set_holdout_fraction(0.1);
  return spec;
}

// `count` images named 0.jpg, 1.png, ... in a folder.
void WriteImages(const std::string& folder, int count) {
  for (int i = 0; i < count; ++i) {
    const Image image = DrawTestImage(8, 8, i);
    WriteTestFile(absl::StrCat(folder, "/", i, i % 2 ? ".png" : ".jpg"),
                  i % 2 ? EncodePng(image) : EncodeJpeg(image));
  }
}

std::set<std::string> Names(const Source& source) {
  std::set<std::string> names;
  for (int64_t i = 0; i < source.size(); ++i) names.insert(source.name(i));
  return names;
}

std::map<int64_t, int> Labels(const Source& source) {
  std::map<int64_t, int> count;
  for (int64_t i = 0; i < source.size(); ++i) ++count[source.label(i)];
  return count;
}

void ExpectError(const ImageFolderSpec& spec, Split split,
                 absl::StatusCode code, const std::string& part) {
  const auto opened = OpenImageFolder(spec, split);
  EXPECT_EQ(opened.status().code(), code) << opened.status();
  EXPECT_TRUE(absl::StrContains(opened.status().message(), part))
      << opened.status();
}

// What is logged while it lives.
class LogCapture : public google::LogSink {
 public:
  LogCapture() { google::AddLogSink(this); }
  ~LogCapture() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity severity, const char*, const char*, int,
            const struct ::tm*, const char* message, size_t size) override {
    if (severity >= google::GLOG_WARNING) text_.append(message, size) += '\n';
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

TEST(ImageFolderTest, BehavesAsASource) {
  const std::string root = MakeTestFolder("folder_suite");
  WriteImages(root + "/train/cat", 4);
  WriteImages(root + "/train/dog/young", 3);
  WriteImages(root + "/test/dog", 2);
  ExpectSourceBehaves(
      [&] { return OpenImageFolder(SpecOf(root), Split::kTrain); });
  ExpectSourceBehaves(
      [&] { return OpenImageFolder(SpecOf(root), Split::kTest); });
}

TEST(ImageFolderTest, FolderNamesAreLabels) {
  const std::string root = MakeTestFolder("folder_labels");
  WriteImages(root + "/train/dog", 2);
  WriteImages(root + "/train/cat", 3);
  WriteImages(root + "/train/cat/nested", 1);
  WriteImages(root + "/test/dog", 1);
  const auto train = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain));
  EXPECT_EQ(train->class_names(), std::vector<std::string>({"cat", "dog"}));
  EXPECT_EQ(Labels(*train), (std::map<int64_t, int>{{0, 4}, {1, 2}}));
  EXPECT_EQ(train->name(0), root + "/train/cat/0.jpg");
}

TEST(ImageFolderTest, ATestClassKeepsItsTrainingNumber) {
  const std::string root = MakeTestFolder("folder_numbers");
  WriteImages(root + "/train/cat", 1);
  WriteImages(root + "/train/dog", 1);
  WriteImages(root + "/val/dog", 2);
  const auto test = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest));
  EXPECT_EQ(test->class_names(), std::vector<std::string>({"cat", "dog"}));
  EXPECT_EQ(Labels(*test), (std::map<int64_t, int>{{1, 2}}));

  WriteImages(root + "/val/fish", 1);
  ExpectError(SpecOf(root), Split::kTest, absl::StatusCode::kInvalidArgument,
              "/val/fish");
}

TEST(ImageFolderTest, FoldersCanBeNamed) {
  const std::string root = MakeTestFolder("folder_named");
  WriteImages(root + "/learn/cat", 2);
  WriteImages(root + "/exam/cat", 1);
  ImageFolderSpec spec = SpecOf(root);
  spec.set_train_folder("learn");
  spec.set_test_folder("exam");
  EXPECT_EQ(OpenOrFail(OpenImageFolder(spec, Split::kTrain))->size(), 2);
  EXPECT_EQ(OpenOrFail(OpenImageFolder(spec, Split::kTest))->size(), 1);

  spec.set_test_folder("missing");
  ExpectError(spec, Split::kTest, absl::StatusCode::kNotFound,
              "data.image_folder.test_folder: no such folder: ");
}

TEST(ImageFolderTest, ImagesWithoutClassFoldersAreUnlabelled) {
  const std::string root = MakeTestFolder("folder_flat");
  WriteImages(root, 20);
  WriteTestFile(root + "/thumbnails.db/readme.txt", "no images here");
  const auto train = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain));
  const auto test = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest));
  EXPECT_TRUE(train->class_names().empty());
  EXPECT_EQ(Labels(*train), (std::map<int64_t, int>{{kUnlabelled, 18}}));
  EXPECT_EQ(Labels(*test), (std::map<int64_t, int>{{kUnlabelled, 2}}));
}

TEST(ImageFolderTest, AFlatTestFolderIsPassedOverForALabelledOne) {
  const std::string root = MakeTestFolder("folder_imagenet");
  WriteImages(root + "/train/cat", 2);
  WriteImages(root + "/test", 5);
  WriteImages(root + "/val/cat", 3);
  EXPECT_EQ(OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest))->size(), 3);
}

TEST(ImageFolderTest, HoldoutTakesItsShareOfEveryClassAlways) {
  const std::string root = MakeTestFolder("folder_holdout");
  WriteImages(root + "/cat", 30);
  WriteImages(root + "/dog", 10);
  WriteImages(root + "/fox", 2);
  WriteImages(root + "/owl", 1);
  const auto train = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain));
  const auto test = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest));
  EXPECT_EQ(Labels(*train),
            (std::map<int64_t, int>{{0, 27}, {1, 9}, {2, 1}, {3, 1}}));
  EXPECT_EQ(Labels(*test), (std::map<int64_t, int>{{0, 3}, {1, 1}, {2, 1}}));
  std::set<std::string> all = Names(*train);
  for (const std::string& name : Names(*test)) {
    EXPECT_TRUE(all.insert(name).second) << name << " is in both splits";
  }
  EXPECT_EQ(all.size(), 43);
  EXPECT_EQ(Names(*test),
            Names(*OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest))));
}

TEST(ImageFolderTest, WithoutHoldoutThereIsNoTestSplit) {
  const std::string root = MakeTestFolder("folder_no_holdout");
  WriteImages(root + "/cat", 5);
  ImageFolderSpec spec = SpecOf(root);
  spec.set_holdout_fraction(0);
  EXPECT_EQ(OpenOrFail(OpenImageFolder(spec, Split::kTrain))->size(), 5);
  ExpectError(spec, Split::kTest, absl::StatusCode::kNotFound,
              "data.image_folder.holdout_fraction 0");
}

TEST(ImageFolderTest, TheTestFolderInTheRootIsNoClass) {
  const std::string root = MakeTestFolder("folder_root_test");
  WriteImages(root + "/cat", 2);
  WriteImages(root + "/test/cat", 1);
  const auto train = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain));
  EXPECT_EQ(train->class_names(), std::vector<std::string>({"cat"}));
  EXPECT_EQ(train->size(), 2);
}

TEST(ImageFolderTest, EmptyClassFoldersAreWarnedOfOnceAndKeepTheirNumber) {
  const std::string root = MakeTestFolder("folder_empty_class");
  WriteImages(root + "/cat", 10);
  std::filesystem::create_directories(root + "/dodo");
  WriteImages(root + "/emu", 10);
  LogCapture log;
  const auto train = OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain));
  EXPECT_EQ(Labels(*train), (std::map<int64_t, int>{{0, 9}, {2, 9}}));
  EXPECT_EQ(log.text(), "empty class folder: no image in " + root + "/dodo\n");
  OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTest));
  EXPECT_EQ(log.text(), "empty class folder: no image in " + root + "/dodo\n");
}

TEST(ImageFolderTest, LooseImagesBesideClassesAreWarnedOf) {
  const std::string root = MakeTestFolder("folder_loose");
  WriteImages(root + "/train", 3);
  WriteImages(root + "/train/cat", 2);
  LogCapture log;
  EXPECT_EQ(OpenOrFail(OpenImageFolder(SpecOf(root), Split::kTrain))->size(),
            1);
  EXPECT_TRUE(absl::StrContains(log.text(), root + "/train: 3 images"));
}

TEST(ImageFolderTest, MissingRootIsNotFoundWithField) {
  ExpectError(SpecOf("/no/such/data"), Split::kTrain,
              absl::StatusCode::kNotFound,
              "data.image_folder.root: no such folder: /no/such/data");
}

TEST(ImageFolderTest, AFolderWithoutImagesSaysWhatWasLookedFor) {
  const std::string root = MakeTestFolder("folder_no_images");
  WriteTestFile(root + "/cat/1.webp", "x");
  WriteTestFile(root + "/cat/2.webp", "x");
  ExpectError(SpecOf(root), Split::kTrain, absl::StatusCode::kInvalidArgument,
              root);
  ExpectError(SpecOf(root), Split::kTrain, absl::StatusCode::kInvalidArgument,
              ".jpg, .jpeg or .png");
  ExpectError(SpecOf(root), Split::kTrain, absl::StatusCode::kInvalidArgument,
              "2 other files");
}

TEST(ImageFolderTest, TheContentDecidesTheFormat) {
  const std::string root = MakeTestFolder("folder_content");
  WriteTestFile(root + "/cat/0.jpg", EncodePng(DrawTestImage(8, 8, 1)));
  WriteTestFile(root + "/cat/1.jpg", "This is a letter, not a picture.");
  WriteTestFile(root + "/cat/2.jpg", "");
  ImageFolderSpec spec = SpecOf(root);
  spec.set_holdout_fraction(0);
  const auto source = OpenOrFail(OpenImageFolder(spec, Split::kTrain));
  EXPECT_EQ(source->Read(0)->format, EncodedImage::Format::kPng);
  EXPECT_EQ(source->Read(1).status().ToString(),
            "DATA_LOSS: " + root +
                "/cat/1.jpg: neither JPEG nor PNG: starts with \"This is \"");
  EXPECT_EQ(source->Read(2).status().ToString(),
            "DATA_LOSS: " + root + "/cat/2.jpg: the file is empty");
  std::filesystem::remove(root + "/cat/0.jpg");
  EXPECT_EQ(source->Read(0).status().code(), absl::StatusCode::kNotFound);
}

TEST(ImageFolderTest, FingerprintFollowsNamesSizesAndLabelsNotThePlace) {
  const std::string first = MakeTestFolder("folder_print_a");
  const std::string second = MakeTestFolder("folder_print_b");
  for (const std::string& root : {first, second}) {
    WriteImages(root + "/train/cat", 3);
    WriteImages(root + "/train/dog", 2);
  }
  const auto open = [](const std::string& root) {
    ImageFolderSpec spec = SpecOf(root + "/train");
    spec.set_holdout_fraction(0);  // every image counts
    return OpenOrFail(OpenImageFolder(spec, Split::kTrain));
  };
  const std::string print = open(first)->fingerprint();
  EXPECT_EQ(open(second)->fingerprint(), print);
  std::filesystem::rename(second + "/train/cat/0.jpg",
                          second + "/train/cat/00.jpg");
  EXPECT_NE(open(second)->fingerprint(), print) << "renamed";
  std::filesystem::rename(second + "/train/cat/00.jpg",
                          second + "/train/cat/0.jpg");
  EXPECT_EQ(open(second)->fingerprint(), print);
  WriteTestFile(second + "/train/cat/2.jpg",
                EncodeJpeg(DrawTestImage(16, 16, 0)));
  EXPECT_NE(open(second)->fingerprint(), print) << "another size";
  std::filesystem::rename(first + "/train/dog", first + "/train/eel");
  ExpectFingerprintsDiffer(*open(first), *open(second));
}

}  // namespace
}  // namespace snclr
