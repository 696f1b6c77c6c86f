// SPDX-License-Identifier: MIT
#include "experiments/proto/field_paths.h"

#include <gtest/gtest.h>

#include "experiments/proto/experiment.pb.h"

namespace snclr {
namespace {

std::string Why(const std::string& path) {
  return WhyNoSuchField(*ExperimentSpec::descriptor(), path);
}

TEST(WhyNoSuchFieldTest, CorrectsEachPartOfThePath) {
  EXPECT_EQ(Why("snclr.neighbours"), "; did you mean 'snclr.neighbors'?");
  EXPECT_EQ(Why("optimiser.base_lr"), "; did you mean 'optimizer.base_lr'?");
  EXPECT_EQ(Why("snlcr.bnak.row"), "; did you mean 'snclr.bank.rows'?");
}

TEST(WhyNoSuchFieldTest, LooksElsewhereForTheName) {
  EXPECT_EQ(Why("base_lr"), "; did you mean 'optimizer.base_lr'?");
  EXPECT_EQ(Why("lr"), "; did you mean 'optimizer.base_lr'?");
  EXPECT_EQ(Why("snclr.batch_size.rows"), "; did you mean 'snclr.bank.rows'?");
  EXPECT_EQ(Why("weight_decay"), "; did you mean 'optimizer.weight_decay'?");
}

TEST(WhyNoSuchFieldTest, StopsAtAFieldThatHasNone) {
  EXPECT_EQ(Why("optimizer.base_lr.scale"),
            "; did you mean 'optimizer.base_lr'?");
}

TEST(WhyNoSuchFieldTest, ExplainsAOneof) {
  EXPECT_EQ(
      Why("data.source"),
      "; choose by setting one of image_folder, cifar, webdataset, procedural");
}

TEST(WhyNoSuchFieldTest, SaysNothingWhereNothingIsNear) {
  std::string suggestion = "untouched";
  EXPECT_EQ(
      WhyNoSuchField(*ExperimentSpec::descriptor(), "xyzzy.plugh", &suggestion),
      "");
  EXPECT_EQ(suggestion, "");
}

}  // namespace
}  // namespace snclr
