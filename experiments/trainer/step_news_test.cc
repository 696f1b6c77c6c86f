// SPDX-License-Identifier: MIT
#include "experiments/trainer/step_news.h"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <csignal>

#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

StepOutput Output(double loss, double similarity) {
  StepOutput output;
  output.loss = at::full({}, loss, at::kFloat);
  output.metrics = {{"positive_similarity", at::full({}, similarity)}};
  return output;
}

TEST(StepNewsTest, AllHaveTheMeansAndHearOfOnesSignal) {
  OnRanks(4, [](ProcessGroup& group) {
    StepOutput output = Output(2.0 + group.rank(), 0.1 * group.rank());
    StepNews own;
    if (group.rank() == 2) own.signal = SIGTERM;
    const StepNews news = ReadNews(ShareStep(own, &output, group));
    EXPECT_DOUBLE_EQ(output.loss.item<double>(), 3.5);
    EXPECT_NEAR(output.metrics[0].tensor.item<double>(), 0.15, 1e-7);
    EXPECT_EQ(news.signal, SIGTERM);
    EXPECT_FALSE(news.save_now);
  });
}

TEST(StepNewsTest, OneWishToSaveIsEnough) {
  OnRanks(2, [](ProcessGroup& group) {
    StepOutput output = Output(1, 0);
    const StepNews news =
        ReadNews(ShareStep({0, group.rank() == 0}, &output, group));
    EXPECT_TRUE(news.save_now);
    EXPECT_EQ(news.signal, 0);
  });
}

TEST(StepNewsTest, AProcessAloneKeepsItsOutput) {
  SingleProcess group;
  StepOutput output = Output(1.25, 0.5);
  const at::Tensor loss = output.loss;
  const at::Tensor shared = ShareStep({SIGTERM, true}, &output, group);
  EXPECT_FALSE(shared.defined());
  EXPECT_TRUE(output.loss.is_same(loss));
  EXPECT_EQ(ReadNews(shared).signal, 0);
}

}  // namespace
}  // namespace snclr
