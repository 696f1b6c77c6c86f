// SPDX-License-Identifier: MIT
#include "experiments/trainer/watch.h"

#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

Watch NewWatch() {
  WatchSpec spec;
  spec.set_every_steps(50);
  spec.set_min_feature_std(0.1);
  spec.set_min_effective_rank(0.1);
  spec.set_gradient_spike(10);
  spec.set_knn_dip_points(5);
  return Watch(spec, {3.5, 4.5, "2T ln(N)"}, /*steps_per_epoch=*/30);
}

std::vector<std::string> Names(Watch& watch) {
  std::vector<std::string> names;
  for (const Finding& finding : watch.Take()) names.push_back(finding.name);
  return names;
}

using Found = std::vector<std::string>;

TEST(WatchTest, ALossOutsideTheBandIsReportedWithItsFormula) {
  Watch watch = NewWatch();
  watch.Loss(1, 4.0);
  EXPECT_EQ(Names(watch), Found{});
  watch.Loss(2, 5.0);
  const auto findings = watch.Take();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].name, "loss_band");
  EXPECT_EQ(findings[0].step, 2);
  EXPECT_TRUE(
      absl::StrContains(findings[0].text, "5.000, outside 3.500 to 4.500"));
  EXPECT_TRUE(absl::StrContains(findings[0].text, "2T ln(N)"));
}

TEST(WatchTest, ALaterLossMayLeaveTheBand) {
  Watch watch = NewWatch();
  watch.Loss(4, 1.0);
  EXPECT_EQ(Names(watch), Found{});
}

TEST(WatchTest, EachTroubleIsReportedOnce) {
  Watch watch = NewWatch();
  watch.Loss(1, 5.0);
  watch.Loss(2, 5.0);
  EXPECT_EQ(Names(watch), Found{"loss_band"});
  watch.Loss(3, 5.0);
  EXPECT_EQ(Names(watch), Found{});
}

TEST(WatchTest, AGradientSpikeStandsOutFromItsRunningMean) {
  Watch watch = NewWatch();
  watch.FirstLayerGradient(0, 100);  // the first ones mean nothing yet
  for (int step = 1; step < 200; ++step) watch.FirstLayerGradient(step, 1.0);
  EXPECT_EQ(Names(watch), Found{});
  watch.FirstLayerGradient(200, 8.0);
  EXPECT_EQ(Names(watch), Found{});
  watch.FirstLayerGradient(201, 40.0);
  EXPECT_EQ(Names(watch), Found{"gradient_spike"});
}

TEST(WatchTest, LooksEverySoManySteps) {
  Watch watch = NewWatch();
  EXPECT_TRUE(watch.LooksAt(50));
  EXPECT_FALSE(watch.LooksAt(49));
  EXPECT_TRUE(watch.LooksAt(100));
  EXPECT_FALSE(Watch(WatchSpec(), {}, 30).LooksAt(50));
}

TEST(WatchTest, HealthyEmbeddingsAreMeasuredAndNotReported) {
  Watch watch = NewWatch();
  const auto values = watch.Embeddings(50, at::eye(8), at::eye(8));
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[1].name, "feature_rank");
  EXPECT_NEAR(values[1].value, 8.0, 1e-9);
  EXPECT_EQ(Names(watch), Found{});
}

TEST(WatchTest, EmbeddingsThatPointOneWayAreACollapse) {
  Watch watch = NewWatch();
  watch.Embeddings(50, at::eye(8), at::ones({8, 4}));
  EXPECT_EQ(Names(watch), Found{"collapse"});
}

TEST(WatchTest, FeaturesInOneDirectionAreOfLowRank) {
  Watch watch = NewWatch();
  watch.Embeddings(50, at::ones({8, 16}), at::eye(8));
  EXPECT_EQ(Names(watch), Found{"low_rank"});
}

TEST(WatchTest, NeighborsOlderThanAnEpochAreStale) {
  Watch watch = NewWatch();
  watch.MethodMetric(100, "neighbor_age_steps", 30);
  watch.MethodMetric(100, "some_other_metric", 1e9);
  EXPECT_EQ(Names(watch), Found{});
  watch.MethodMetric(101, "neighbor_age_steps", 31);
  EXPECT_EQ(Names(watch), Found{"stale_neighbors"});
}

TEST(WatchTest, RandomNeighborsAreReportedOnceTheBankShouldBeFull) {
  Watch watch = NewWatch();
  watch.MethodMetric(60, "neighbor_random_share", 1.0);
  EXPECT_EQ(Names(watch), Found{});
  watch.MethodMetric(61, "neighbor_random_share", 0.2);
  EXPECT_EQ(Names(watch), Found{"random_neighbors"});
}

TEST(WatchTest, AKnnDipIsMeasuredFromTheBest) {
  Watch watch = NewWatch();
  for (const double top1 : {30.0, 50.0, 46.0, 45.0}) watch.Knn(10, top1);
  EXPECT_EQ(Names(watch), Found{});
  watch.Knn(20, 44.9);
  EXPECT_EQ(Names(watch), Found{"knn_dip"});
}

}  // namespace
}  // namespace snclr
