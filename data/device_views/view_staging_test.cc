// SPDX-License-Identifier: MIT
// What workers put into staging memory against a batch that is made in order.
#include "data/device_views/view_staging.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "data/testing/test_images.h"
#include "data/testing/test_views.h"
#include "data/views/augment.h"

namespace snclr {
namespace {

constexpr int64_t kSide = 12;

// Both views of image i of a run, into a batch.
void AddViews(int i, const ImageSize& size, int64_t pixels, ViewBatch& batch) {
  const AugmentationSpec views = ViewsOfAllStages();
  for (const int view : {1, 2}) {
    const ViewSpec& spec = view == 1 ? views.view1() : views.view2();
    batch.AddView(spec, views.normalize(),
                  DrawView(spec, size.height, size.width, /*seed=*/3,
                           /*epoch=*/0, i, view),
                  size, pixels);
  }
}

// The views of these images, all first ones and then all second ones.
at::Tensor Expected(const std::vector<Image>& images) {
  ViewBatch batch(kSide);
  for (size_t i = 0; i < images.size(); ++i) {
    AddViews(static_cast<int>(i), {images[i].height, images[i].width},
             batch.AddImage(images[i]), batch);
  }
  const at::Tensor made = MakeViews(batch, at::kCPU, at::kFloat);
  std::vector<int64_t> order;
  for (const int64_t view : {0, 1}) {
    for (size_t i = 0; i < images.size(); ++i) order.push_back(2 * i + view);
  }
  return made.index_select(0, at::tensor(order, at::kLong));
}

// As Expected, by way of staging memory that several threads write to.
at::Tensor Staged(const std::vector<Image>& images, int threads,
                  ViewStaging& staging) {
  const auto count = static_cast<int64_t>(images.size());
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int64_t i = count - 1 - t; i >= 0; i -= threads) {
        ViewBatch own(kSide);
        AddViews(static_cast<int>(i), {images[i].height, images[i].width},
                 staging.AddImage(images[i]), own);
        staging.SetViews(own, i, count);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const PlacedViews placed = staging.Upload(at::kCPU);
  staging.Clear();
  return MakeViews(placed, 0, 2 * count, at::kFloat);
}

std::vector<Image> Images(int count, int64_t side) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    images.push_back(DrawTestImage(side + 7 * (i % 5), side + 3 * (i % 4), i));
  }
  return images;
}

TEST(ViewStagingTest, GivesTheViewsOfABatchInOrder) {
  const std::vector<Image> images = Images(23, 20);
  const at::Tensor expected = Expected(images);
  ViewStaging staging(46, kSide, /*page_locked=*/false);
  for (const int threads : {1, 4, 3}) {
    EXPECT_TRUE(at::equal(Staged(images, threads, staging), expected))
        << threads << " threads";
  }
}

// Some fill a piece of the memory, one is larger than any.
TEST(ViewStagingTest, GrowsAndIsUsedAgain) {
  std::vector<Image> images = Images(6, 1500);  // 6.8 MB each, and more
  images.push_back(DrawTestImage(2500, 2500, 9));
  ViewStaging staging(14, kSide, /*page_locked=*/false);
  const at::Tensor expected = Expected(images);
  EXPECT_TRUE(at::equal(Staged(images, 2, staging), expected));
  EXPECT_TRUE(at::equal(Staged(images, 3, staging), expected));
  const std::vector<Image> small = Images(7, 20);
  EXPECT_TRUE(at::equal(Staged(small, 2, staging), Expected(small)));
}

TEST(ViewStagingTest, PartsAreThoseOfTheWhole) {
  const std::vector<Image> images = Images(9, 20);
  const at::Tensor expected = Expected(images);
  ViewStaging staging(18, kSide, /*page_locked=*/false);
  for (int i = 0; i < 9; ++i) {
    ViewBatch own(kSide);
    AddViews(i, {images[i].height, images[i].width},
             staging.AddImage(images[i]), own);
    staging.SetViews(own, i, 9);
  }
  const PlacedViews placed = staging.Upload(at::kCPU);
  EXPECT_TRUE(placed.any_contrast && placed.any_blur);
  EXPECT_TRUE(
      at::equal(MakeViews(placed, 5, 9, at::kFloat), expected.narrow(0, 5, 9)));
  // Four at once, the last time two.
  EXPECT_TRUE(
      at::equal(MakeViews(placed, 0, 18, at::kFloat, 4 * 3 * kSide * kSide + 1),
                expected));
  EXPECT_THROW(MakeViews(placed, 10, 9, at::kFloat), c10::Error);
}

TEST(ViewStagingTest, ImagesMayLieElsewhere) {
  const std::vector<Image> images = Images(8, 20);
  ViewBatch kept(kSide);  // the even ones
  ViewStaging staging(16, kSide, /*page_locked=*/false);
  for (int i = 0; i < 8; ++i) {
    const bool stays = i % 2 == 0;
    ViewBatch own(kSide);
    AddViews(i, {images[i].height, images[i].width},
             stays ? kept.AddImage(images[i]) : staging.AddImage(images[i]),
             own);
    for (ViewPlan& plan : own.plans) {
      if (stays) plan.memory = i == 4 ? kDecoded : kResident;
    }
    staging.SetViews(own, i, 8);
  }
  PlacedViews placed = staging.Upload(at::kCPU);
  placed.resident = at::tensor(kept.bytes, at::kByte);
  placed.decoded = placed.resident.clone();
  EXPECT_TRUE(
      at::equal(MakeViews(placed, 0, 16, at::kFloat), Expected(images)));
}

}  // namespace
}  // namespace snclr
