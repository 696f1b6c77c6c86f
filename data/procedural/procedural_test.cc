// SPDX-License-Identifier: MIT
#include "data/procedural/procedural.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/testing/source_test_suite.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr int kClasses = 10;

ProceduralSpec Spec(int classes = kClasses, int image_size_px = 32) {
  ProceduralSpec spec;
  spec.set_seed(1);
  spec.set_classes(classes);
  spec.set_image_size_px(image_size_px);
  return spec;
}

std::unique_ptr<Source> Open(Split split, int64_t images,
                             const ProceduralSpec& spec = Spec()) {
  return OpenOrFail(MakeProceduralSource(spec, split, images));
}

TEST(ProceduralSourceTest, KeepsEverySourcesPromises) {
  ExpectSourceBehaves(
      [] { return MakeProceduralSource(Spec(), Split::kTrain, 40); });
  ExpectSourceBehaves(
      [] { return MakeProceduralSource(Spec(7, 48), Split::kTest, 40); });
}

TEST(ProceduralSourceTest, HasFourThousandAndAThousandImagesUnlessAsked) {
  EXPECT_EQ(Open(Split::kTrain, 0)->size(), 4000);
  EXPECT_EQ(Open(Split::kTest, 0)->size(), 1000);
  EXPECT_EQ(Open(Split::kTrain, 123)->size(), 123);
}

TEST(ProceduralSourceTest, ClassesAreBalancedInBothSplits) {
  for (const int classes : {2, 10, 37}) {
    for (const Split split : {Split::kTrain, Split::kTest}) {
      const auto source = Open(split, 10 * classes, Spec(classes));
      std::vector<int> count(classes);
      for (int64_t i = 0; i < source->size(); ++i) ++count[source->label(i)];
      EXPECT_EQ(count, std::vector<int>(classes, 10));
    }
  }
}

TEST(ProceduralSourceTest, NoImageIsInBothSplitsOrTwiceInOne) {
  std::set<std::string> images, names;
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const auto source = Open(split, 1000);
    for (int64_t i = 0; i < source->size(); ++i) {
      images.insert(source->Read(i)->bytes);
      names.insert(source->name(i));
    }
  }
  EXPECT_EQ(images.size(), 2000u);
  EXPECT_EQ(names.size(), 2000u);
}

TEST(ProceduralSourceTest, MoreImagesDoNotChangeTheFirstOnes) {
  const auto few = Open(Split::kTest, 20);
  const auto many = Open(Split::kTest, 500);
  for (int64_t i = 0; i < few->size(); ++i) {
    EXPECT_EQ(few->Read(i)->bytes, many->Read(i)->bytes);
  }
}

TEST(ProceduralSourceTest, FingerprintsTellSeedsSizesAndSplitsApart) {
  ProceduralSpec other_seed = Spec();
  other_seed.set_seed(2);
  const auto source = Open(Split::kTrain, 50);
  ExpectFingerprintsDiffer(*source, *Open(Split::kTrain, 50, other_seed));
  ExpectFingerprintsDiffer(*source, *Open(Split::kTrain, 50, Spec(11)));
  ExpectFingerprintsDiffer(*source, *Open(Split::kTrain, 50, Spec(10, 33)));
  ExpectFingerprintsDiffer(*source, *Open(Split::kTrain, 51));
  ExpectFingerprintsDiffer(*source, *Open(Split::kTest, 50));
}

TEST(ProceduralSourceTest, RefusesMoreClassesThanThereAre) {
  for (const int classes : {0, 1, kMostProceduralClasses + 1}) {
    const auto opened = MakeProceduralSource(Spec(classes), Split::kTrain, 10);
    ASSERT_FALSE(opened.ok()) << classes;
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(opened.status().message()).find("classes"),
              std::string::npos);
  }
}

TEST(ProceduralImageTest, IsAFunctionOfSeedAndNumber) {
  ProceduralSpec other_seed = Spec();
  other_seed.set_seed(2);
  const auto pixels = DrawProceduralImage(Spec(), 17).pixels;
  EXPECT_EQ(pixels, DrawProceduralImage(Spec(), 17).pixels);
  EXPECT_NE(pixels, DrawProceduralImage(Spec(), 17 + kClasses).pixels);
  EXPECT_NE(pixels, DrawProceduralImage(other_seed, 17).pixels);
}

TEST(ProceduralImageTest, EveryCountOfClassesHasAsManyDistinctOnes) {
  for (int classes = 2; classes <= kMostProceduralClasses; ++classes) {
    std::set<std::string> names;
    for (int label = 0; label < classes; ++label) {
      names.insert(ProceduralClassName(classes, label));
    }
    ASSERT_EQ(names.size(), size_t(classes));
  }
}

TEST(ProceduralImageTest, TenClassesAreTwoShapesTimesFiveTextures) {
  std::map<std::string, int> shapes, textures;
  for (int label = 0; label < kClasses; ++label) {
    const std::string name = ProceduralClassName(kClasses, label);
    ++shapes[name.substr(0, name.find('_'))];
    ++textures[name.substr(name.find('_') + 1)];
  }
  ASSERT_EQ(shapes.size(), 2u);
  ASSERT_EQ(textures.size(), 5u);
  for (const auto& [name, count] : shapes) EXPECT_EQ(count, 5) << name;
  for (const auto& [name, count] : textures) EXPECT_EQ(count, 2) << name;
}

TEST(ProceduralImageTest, ImagesAreNearGrey) {
  for (int64_t number = 0; number < 200; ++number) {
    const Image image = DrawProceduralImage(Spec(), number);
    for (int64_t i = 0; i < 32 * 32; ++i) {
      const int values[] = {image.plane(0)[i], image.plane(1)[i],
                            image.plane(2)[i]};
      ASSERT_LE(*std::max_element(values, values + 3) -
                    *std::min_element(values, values + 3),
                0.08 * 255);
    }
  }
}

// The task is honest: what needs no learning does not solve it.
class HonestTaskTest : public ::testing::Test {
 protected:
  static constexpr int64_t kPixels = 32 * 32;

  // [N, 3, 1024] in [0, 1]
  static at::Tensor Images(Split split) {
    const auto source = Open(split, 0);
    auto images = at::empty({source->size(), 3, kPixels}, at::kFloat);
    float* out = images.data_ptr<float>();
    for (int64_t i = 0; i < source->size(); ++i) {
      const EncodedImage image = *source->Read(i);
      for (const char byte : image.bytes) {
        *out++ = static_cast<uint8_t>(byte) / 255.f;
      }
    }
    return images;
  }
  static at::Tensor Labels(Split split) {
    const auto source = Open(split, 0);
    auto labels = at::empty({source->size()}, at::kLong);
    for (int64_t i = 0; i < source->size(); ++i) labels[i] = source->label(i);
    return labels;
  }

  static void SetUpTestSuite() {
    train_ = new at::Tensor(Images(Split::kTrain));
    test_ = new at::Tensor(Images(Split::kTest));
  }
  static void TearDownTestSuite() {
    delete train_;
    delete test_;
  }

  // Weighted k-NN, k = 20, T = 0.07, in percent.
  static double Knn(at::Tensor train, at::Tensor test) {
    train = train / train.norm(2, {1}, true).clamp_min(1e-12);
    test = test / test.norm(2, {1}, true).clamp_min(1e-12);
    const auto [similarity, index] = test.matmul(train.t()).topk(20, 1);
    const auto votes =
        Labels(Split::kTrain).index_select(0, index.flatten()).view_as(index);
    const auto scores = at::zeros({test.size(0), kClasses})
                            .scatter_add(1, votes, (similarity / 0.07).exp());
    return 100 * scores.argmax(1)
                     .eq(Labels(Split::kTest))
                     .to(at::kDouble)
                     .mean()
                     .item<double>();
  }

  // The share of each of 16 tones in each channel.
  static at::Tensor Histograms(const at::Tensor& images) {
    const auto bins = (images * 16).floor().clamp_max(15).to(at::kLong);
    return at::zeros({images.size(0), 3, 16})
        .scatter_add(2, bins, images.mul(0).add(1.0 / kPixels))
        .flatten(1);
  }

  static at::Tensor *train_, *test_;
};
at::Tensor *HonestTaskTest::train_, *HonestTaskTest::test_;

// Three standard deviations of 1,000 guesses above one in ten is 12.8.
constexpr double kNearChance = 14;
constexpr double kHalf = 50;

TEST_F(HonestTaskTest, NeighboursInRawPixelsAreRightInLessThanHalf) {
  const double raw = Knn(train_->flatten(1), test_->flatten(1));
  const double centred =
      Knn(train_->flatten(1) - 0.45, test_->flatten(1) - 0.45);
  EXPECT_LT(raw, kHalf);
  EXPECT_LT(centred, kHalf);
  // Not hopeless either: there is something to see.
  EXPECT_GT(raw, kNearChance);
}

TEST_F(HonestTaskTest, TheMeanColourTellsNoClass) {
  EXPECT_LT(Knn(train_->mean({2}) - 0.5, test_->mean({2}) - 0.5), kNearChance);
}

TEST_F(HonestTaskTest, TheTintTellsNoClass) {
  const auto tint = [](const at::Tensor& images) {
    const auto mean = images.mean({2});
    return mean - mean.mean({1}, true);
  };
  EXPECT_LT(Knn(tint(*train_), tint(*test_)), kNearChance);
}

TEST_F(HonestTaskTest, TheHistogramOfColoursTellsNoClass) {
  EXPECT_LT(Knn(Histograms(*train_), Histograms(*test_)), kNearChance);
}

}  // namespace
}  // namespace snclr
