// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_facts.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "data/sources/open_source.h"
#include "experiments/proto/spec.h"

namespace snclr {
namespace {

ExperimentSpec Spec() {
  ExperimentSpec spec;
  spec.set_name("facts");
  spec.mutable_snclr();
  spec.mutable_data()->mutable_procedural()->set_classes(3);
  spec.mutable_data()->set_train_images(4000);
  spec.mutable_data()->set_test_images(50);
  spec.mutable_data()->set_global_batch(128);
  spec.mutable_schedule()->set_epochs(40);
  spec.mutable_schedule()->set_warmup_epochs(4);
  const auto resolved = ResolveSpec(spec, "facts");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *resolved;
}

TEST(RunFactsTest, DescribesTheEncoder) {
  EncoderSpec spec = Spec().encoder();
  EXPECT_EQ(DescribeEncoder(spec),
            "ViT, VIT_SMALL, 16 px patches, images of 224 px");
  spec.mutable_vit()->set_variant(VIT_CUSTOM);
  spec.mutable_vit()->set_width(96);
  spec.mutable_vit()->set_depth(4);
  spec.mutable_vit()->set_heads(3);
  EXPECT_EQ(
      DescribeEncoder(spec),
      "ViT, width 96, 4 blocks, 3 heads, 16 px patches, images of 224 px");
  spec.mutable_resnet()->set_variant(RESNET50);
  EXPECT_EQ(DescribeEncoder(spec), "ResNet-50, images of 224 px");
  spec.mutable_resnet()->set_variant(RESNET18);
  spec.mutable_resnet()->set_small_image_stem(true);
  spec.set_image_size_px(32);
  EXPECT_EQ(DescribeEncoder(spec),
            "ResNet-18 with a 3 x 3 stem without pooling, images of 32 px");
}

TEST(RunFactsTest, DescribesTheDataWithAndWithoutATestSplit) {
  const DataSpec spec = Spec().data();
  const auto train = OpenSource(spec, Split::kTrain);
  const auto test = OpenSource(spec, Split::kTest);
  ASSERT_TRUE(train.ok() && test.ok());
  EXPECT_EQ(DescribeData(spec, **train, test->get()),
            "procedural: 4,000 training and 50 test images, 3 classes");
  EXPECT_EQ(DescribeData(spec, **train, nullptr),
            "procedural: 4,000 training images, 3 classes");
}

TEST(RunFactsTest, DescribesScheduleAndOptimizer) {
  EXPECT_EQ(DescribeSchedule(Spec(), 31),
            "40 epochs of 31 steps, 1,240 in all, 128 images each");
  // 1.5e-4 x 128 / 256.
  EXPECT_EQ(
      DescribeOptimizer(Spec()),
      "AdamW, learning rate up to 7.5e-05 after 4 epochs of warm-up, weight "
      "decay 0.1");
  ExperimentSpec lars = Spec();
  lars.mutable_optimizer()->set_kind(LARS);
  EXPECT_EQ(DescribeOptimizer(lars).rfind("LARS, learning rate", 0), 0u);
}

TEST(RunFactsTest, SaysWhereTheLossShouldBegin) {
  EXPECT_EQ(DescribeBand({3.5, 4.25, "2T ln(N)"}),
            "should begin between 3.500 and 4.250: 2T ln(N)");
}

TEST(RunFactsTest, CountsValues) {
  EXPECT_EQ(CountValues({{"a", at::zeros({2, 3})}, {"b", at::zeros({})}}), 7);
}

TEST(RunFactsTest, PathsBelowTheUsersFolderAreShort) {
  setenv("BUILD_WORKING_DIRECTORY", "/home/someone/lab", 1);
  EXPECT_EQ(ShortPath("/home/someone/lab/runs/a/001"), "runs/a/001");
  EXPECT_EQ(ShortPath("/home/someone/other"), "/home/someone/other");
  unsetenv("BUILD_WORKING_DIRECTORY");
}

}  // namespace
}  // namespace snclr
