// SPDX-License-Identifier: MIT
#include "data/sources/cifar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/source_test_suite.h"
#include "data/testing/test_images.h"

namespace snclr {
namespace {

constexpr int kPixels = 3 * 32 * 32;

// One record: label bytes, then pixels that tell it from the others.
std::string Record(const std::string& labels, int seed) {
  std::string record = labels;
  for (int i = 0; i < kPixels; ++i) {
    record += static_cast<char>((i * 7 + seed * 31) % 251);
  }
  return record;
}

// Five batches of three and a test batch of two; label = record's number % 10.
void WriteCifar10(const std::string& root) {
  int number = 0;
  for (int batch = 1; batch <= 5; ++batch) {
    std::string bytes;
    for (int i = 0; i < 3; ++i, ++number) {
      bytes += Record(std::string(1, static_cast<char>(number % 10)), number);
    }
    WriteTestFile(absl::StrCat(root, "/data_batch_", batch, ".bin"), bytes);
  }
  WriteTestFile(root + "/test_batch.bin",
                Record("\x03", 100) + Record("\x04", 101));
}

void WriteCifar100(const std::string& root) {
  WriteTestFile(root + "/train.bin",
                Record("\x13\x63", 1) + Record("\x02\x01", 2));
  WriteTestFile(root + "/test.bin", Record("\x01\x05", 3));
}

CifarSpec SpecOf(const std::string& root, bool coarse = false) {
  CifarSpec spec;
  spec.set_root(root);
  spec.set_coarse_labels(coarse);
  return spec;
}

void ExpectError(const std::string& root, Split split, absl::StatusCode code,
                 const std::string& part) {
  const absl::Status status = OpenCifar(SpecOf(root), split).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
}

TEST(CifarTest, BehavesAsASource) {
  const std::string ten = MakeTestFolder("cifar_suite_10");
  const std::string hundred = MakeTestFolder("cifar_suite_100");
  WriteCifar10(ten);
  WriteCifar100(hundred);
  for (const Split split : {Split::kTrain, Split::kTest}) {
    ExpectSourceBehaves([&] { return OpenCifar(SpecOf(ten), split); });
    ExpectSourceBehaves([&] { return OpenCifar(SpecOf(hundred), split); });
  }
}

TEST(CifarTest, RecordsOfAllBatchesFollowEachOther) {
  const std::string root = MakeTestFolder("cifar_records");
  WriteCifar10(root);
  const auto train = OpenOrFail(OpenCifar(SpecOf(root), Split::kTrain));
  ASSERT_EQ(train->size(), 15);
  for (const int i : {0, 2, 3, 14}) {
    EXPECT_EQ(train->label(i), i % 10);
    const auto image = train->Read(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->format, EncodedImage::Format::kPlanarRgb);
    EXPECT_EQ(image->height, 32);
    EXPECT_EQ(image->bytes, Record("", i));
  }
  EXPECT_EQ(train->name(4), root + "/data_batch_2.bin:1");
  EXPECT_EQ(OpenOrFail(OpenCifar(SpecOf(root), Split::kTest))->label(1), 4);
}

TEST(CifarTest, Cifar100HasTwoKindsOfLabels) {
  const std::string root = MakeTestFolder("cifar_100");
  WriteCifar100(root);
  const auto fine = OpenOrFail(OpenCifar(SpecOf(root), Split::kTrain));
  const auto coarse = OpenOrFail(OpenCifar(SpecOf(root, true), Split::kTrain));
  EXPECT_EQ(fine->class_names().size(), 100);
  EXPECT_EQ(fine->label(0), 99);
  EXPECT_EQ(coarse->class_names().size(), 20);
  EXPECT_EQ(coarse->label(0), 19);
  EXPECT_EQ(fine->Read(1)->bytes, Record("", 2));
  ExpectFingerprintsDiffer(*fine, *coarse);
}

TEST(CifarTest, ClassNamesComeFromTheArchive) {
  const std::string root = MakeTestFolder("cifar_names");
  WriteCifar10(root + "/cifar-10-batches-bin");
  EXPECT_EQ(OpenOrFail(OpenCifar(SpecOf(root), Split::kTest))->class_names()[9],
            "9");
  WriteTestFile(root + "/cifar-10-batches-bin/batches.meta.txt",
                "a\nb\nc\nd\ne\nf\ng\nh\ni\ntruck\n\n");
  EXPECT_EQ(OpenOrFail(OpenCifar(SpecOf(root), Split::kTest))->class_names()[9],
            "truck");
  WriteTestFile(root + "/cifar-10-batches-bin/batches.meta.txt", "a\nb\n");
  ExpectError(root, Split::kTest, absl::StatusCode::kDataLoss,
              "batches.meta.txt: 2 class names");
}

TEST(CifarTest, AFileOfTheWrongSizeIsNamed) {
  const std::string root = MakeTestFolder("cifar_size");
  WriteCifar10(root);
  WriteTestFile(root + "/data_batch_4.bin", Record("\x01", 1) + "x");
  ExpectError(root, Split::kTrain, absl::StatusCode::kDataLoss,
              root + "/data_batch_4.bin: 3074 bytes");
}

TEST(CifarTest, ALabelOutOfRangeIsNamed) {
  const std::string root = MakeTestFolder("cifar_label");
  WriteCifar10(root);
  WriteTestFile(root + "/data_batch_1.bin",
                Record("\x01", 1) + Record("\x0B", 1));
  ExpectError(root, Split::kTrain, absl::StatusCode::kDataLoss,
              "data_batch_1.bin: record 1 has label 11");
}

TEST(CifarTest, MissingFilesAreNamed) {
  const std::string root = MakeTestFolder("cifar_missing");
  ExpectError(root + "/nothing", Split::kTrain, absl::StatusCode::kNotFound,
              "data.cifar.root: no such folder");
  ExpectError(root, Split::kTrain, absl::StatusCode::kNotFound,
              "data_batch_1.bin");
  WriteTestFile(root + "/data_batch_1.bin", Record("\x01", 1));
  ExpectError(root, Split::kTrain, absl::StatusCode::kNotFound,
              root + "/data_batch_2.bin");
}

TEST(CifarTest, FingerprintFollowsLabels) {
  const std::string first = MakeTestFolder("cifar_print_a");
  const std::string second = MakeTestFolder("cifar_print_b");
  WriteCifar10(first);
  WriteCifar10(second);
  const auto open = [](const std::string& root) {
    return OpenOrFail(OpenCifar(SpecOf(root), Split::kTest));
  };
  EXPECT_EQ(open(first)->fingerprint(), open(second)->fingerprint());
  WriteTestFile(second + "/test_batch.bin",
                Record("\x03", 100) + Record("\x05", 101));
  ExpectFingerprintsDiffer(*open(first), *open(second));
}

}  // namespace
}  // namespace snclr
