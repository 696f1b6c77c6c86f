// SPDX-License-Identifier: MIT
#include "data/loading/loader.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"
#include "data/testing/test_views.h"
#include "snclr/core/base/logging.h"

namespace snclr {
namespace {

EncodedImage PngImage(int64_t index) {
  EncodedImage encoded;
  encoded.format = EncodedImage::Format::kPng;
  encoded.bytes = EncodePng(DrawTestImage(12, 12, static_cast<int>(index)));
  return encoded;
}

TestSource MakeSource(int64_t per_class, std::set<int64_t> broken = {}) {
  return FiveClasses(per_class, PngImage, std::move(broken));
}

LoaderOptions Options(int64_t batch, int workers = 2) {
  LoaderOptions options;
  options.seed = 11;
  options.batch = batch;
  options.image_size_px = 8;
  options.workers = workers;
  return options;
}

std::vector<Batch> Take(const Source& source, const LoaderOptions& options,
                        int64_t steps) {
  std::vector<Batch> batches;
  auto loader = MakeLoader(source, CropAndFlipViews(), options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  if (!loader.ok()) return batches;
  for (int64_t i = 0; i < steps; ++i) {
    auto batch = (*loader)->Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (batch.ok()) batches.push_back(*std::move(batch));
  }
  return batches;
}

void ExpectSameBatch(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.step, b.step);
  EXPECT_TRUE(at::equal(a.index, b.index));
  EXPECT_TRUE(at::equal(a.label, b.label));
  EXPECT_TRUE(at::equal(a.view1, b.view1));
  EXPECT_TRUE(at::equal(a.view2, b.view2));
}

void ExpectSameBatches(const std::vector<Batch>& a,
                       const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ExpectSameBatch(a[i], b[i]);
}

std::vector<int64_t> Indices(const Batch& batch) {
  const int64_t* data = batch.index.data_ptr<int64_t>();
  return {data, data + batch.index.numel()};
}

// The status of the first Next that fails, within `steps`.
absl::Status FirstFailure(Loader& loader, int64_t steps) {
  for (int64_t i = 0; i < steps; ++i) {
    auto batch = loader.Next();
    if (!batch.ok()) return batch.status();
  }
  return absl::OkStatus();
}

TEST(LoaderTest, BatchesHaveTheShapesOfTheHeader) {
  const TestSource source = MakeSource(5);
  const std::vector<Batch> batches = Take(source, Options(4), 8);
  ASSERT_EQ(batches.size(), 8);
  for (int64_t i = 0; i < 8; ++i) {
    const Batch& batch = batches[i];
    EXPECT_EQ(batch.view1.sizes(), at::IntArrayRef({4, 3, 8, 8}));
    EXPECT_EQ(batch.view2.sizes(), at::IntArrayRef({4, 3, 8, 8}));
    EXPECT_EQ(batch.view1.scalar_type(), at::kFloat);
    EXPECT_EQ(batch.epoch, i / 6);
    EXPECT_EQ(batch.step, i % 6);
    for (int64_t item = 0; item < 4; ++item) {
      EXPECT_EQ(batch.label.data_ptr<int64_t>()[item],
                source.label(Indices(batch)[item]));
    }
    EXPECT_FALSE(at::equal(batch.view1, batch.view2));
  }
}

TEST(LoaderTest, RepeatedImagesFollowEachOtherInOtherViews) {
  const TestSource source = MakeSource(5);  // 25 images, 4 batches of 6
  LoaderOptions options = Options(6);
  const std::vector<Batch> once = Take(source, options, 4);
  options.repeats = 3;
  const std::vector<Batch> thrice = Take(source, options, 8);
  std::vector<int64_t> order;
  for (const Batch& batch : once) {
    for (const int64_t index : Indices(batch)) order.push_back(index);
  }
  ASSERT_EQ(order.size(), 24u);
  for (int64_t step = 0; step < 4; ++step) {
    EXPECT_EQ(thrice[step].epoch, 0);
    const std::vector<int64_t> indices = Indices(thrice[step]);
    for (int64_t item = 0; item < 6; ++item) {
      EXPECT_EQ(indices[item], order[(6 * step + item) / 3]);
    }
  }
  EXPECT_EQ(thrice[4].epoch, 1) << "epochs are as long as before";
  const Batch& batch = thrice[0];
  EXPECT_TRUE(at::equal(batch.view1[0], once[0].view1[0]));
  for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {1, 2}}) {
    EXPECT_FALSE(at::equal(batch.view1[a], batch.view1[b])) << a << b;
    EXPECT_FALSE(at::equal(batch.view2[a], batch.view1[b])) << a << b;
  }
}

TEST(LoaderTest, AnEpochHasEachImageOnceAndAnotherOrderNextTime) {
  const TestSource source = MakeSource(5);  // 25 images, 6 batches of 4
  const std::vector<Batch> batches = Take(source, Options(4), 12);
  std::vector<int64_t> orders[2];
  for (const Batch& batch : batches) {
    for (const int64_t index : Indices(batch)) {
      orders[batch.epoch].push_back(index);
    }
  }
  for (const auto& order : orders) {
    EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 24);
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST(LoaderTest, IsTheSameWithAnyNumberOfWorkersAndAnyPrefetch) {
  const TestSource source = MakeSource(7, {3, 20});
  const std::vector<Batch> one = Take(source, Options(8, 1), 10);
  ExpectSameBatches(one, Take(source, Options(8, 4), 10));
  LoaderOptions deep = Options(8, 3);
  deep.prefetch_batches = 7;
  ExpectSameBatches(one, Take(source, deep, 10));
}

TEST(LoaderTest, AnotherSeedMakesOtherBatches) {
  const TestSource source = MakeSource(7);
  LoaderOptions other = Options(8);
  other.seed = 12;
  const Batch a = Take(source, Options(8), 1)[0];
  const Batch b = Take(source, other, 1)[0];
  EXPECT_NE(Indices(a), Indices(b));
  EXPECT_FALSE(at::equal(a.view1, b.view1));
}

TEST(LoaderTest, ViewsOfAnImageChangeWithTheEpoch) {
  const TestSource source = MakeSource(2);
  const std::vector<Batch> batches = Take(source, Options(10), 2);
  std::map<int64_t, at::Tensor> first_epoch;
  for (int64_t item = 0; item < 10; ++item) {
    first_epoch[Indices(batches[0])[item]] = batches[0].view1[item];
  }
  int changed = 0;
  for (int64_t item = 0; item < 10; ++item) {
    changed += !at::equal(first_epoch[Indices(batches[1])[item]],
                          batches[1].view1[item]);
  }
  EXPECT_GE(changed, 9);
}

TEST(LoaderTest, RanksShareTheGlobalBatchOfOneRank) {
  const TestSource source = MakeSource(5);
  const std::vector<Batch> whole = Take(source, Options(6), 8);
  std::vector<std::vector<Batch>> shares;
  for (int64_t rank = 0; rank < 3; ++rank) {
    LoaderOptions options = Options(2);
    options.rank = rank;
    options.ranks = 3;
    shares.push_back(Take(source, options, 8));
  }
  for (int64_t step = 0; step < 8; ++step) {
    std::vector<at::Tensor> views, indices;
    for (const auto& share : shares) {
      views.push_back(share[step].view2);
      indices.push_back(share[step].index);
    }
    EXPECT_TRUE(at::equal(at::cat(views), whole[step].view2));
    EXPECT_TRUE(at::equal(at::cat(indices), whole[step].index));
  }
}

TEST(LoaderTest, ResumingGivesTheBatchesOfAnUninterruptedRun) {
  const TestSource source = MakeSource(5, {4});
  const std::vector<Batch> whole = Take(source, Options(4), 15);
  for (const int64_t first : {1, 6, 7, 13}) {  // an epoch has 6 steps
    LoaderOptions options = Options(4);
    options.first_step = first;
    ExpectSameBatches(Take(source, options, 15 - first),
                      {whole.begin() + first, whole.end()});
  }
}

// What is logged while it lives.
class LogCapture : public google::LogSink {
 public:
  LogCapture() { google::AddLogSink(this); }
  ~LogCapture() override { google::RemoveLogSink(this); }
  void send(google::LogSeverity, const char*, const char*, int,
            const struct ::tm*, const char* message, size_t size) override {
    lines_.emplace_back(message, size);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

TEST(LoaderTest, ABrokenImageIsReplacedCountedAndNamedOnce) {
  const TestSource whole = MakeSource(4);
  const TestSource damaged = MakeSource(4, {7});
  LogCapture log;
  auto loader = MakeLoader(damaged, CropAndFlipViews(), Options(5));
  ASSERT_TRUE(loader.ok()) << loader.status();
  const std::vector<Batch> expected = Take(whole, Options(5), 12);
  int64_t replaced = 0;
  for (const Batch& clean : expected) {  // three epochs
    const auto batch = (*loader)->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->index.numel(), 5);
    for (int64_t item = 0; item < 5; ++item) {
      const int64_t index = Indices(*batch)[item];
      EXPECT_NE(index, 7);
      EXPECT_EQ(batch->label.data_ptr<int64_t>()[item], index / 4);
      if (Indices(clean)[item] == 7) {
        ++replaced;
      } else {
        EXPECT_EQ(index, Indices(clean)[item]);
        EXPECT_TRUE(at::equal(batch->view1[item], clean.view1[item]));
      }
    }
  }
  EXPECT_EQ(replaced, 3);  // batches of 5 use all 20 images of an epoch
  EXPECT_EQ((*loader)->broken_images().size(), 1u);
  EXPECT_EQ(log.lines(), std::vector<std::string>(
                             {"broken image skipped: image 7: cut off"}));
}

TEST(LoaderTest, TooManyBrokenImagesStopItWithFieldAndNames) {
  const TestSource source = MakeSource(10, {1, 12, 33, 40});
  LoaderOptions options = Options(5);
  options.max_broken_images = 4;
  auto enough = MakeLoader(source, CropAndFlipViews(), options);
  EXPECT_TRUE(FirstFailure(**enough, 20).ok());
  EXPECT_EQ((*enough)->broken_images().size(), 4u);

  options.max_broken_images = 3;
  auto loader = MakeLoader(source, CropAndFlipViews(), options);
  const absl::Status status = FirstFailure(**loader, 20);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_TRUE(absl::StrContains(
      status.message(),
      "4 broken images, more than data.max_broken_images (3) allows"))
      << status;
  EXPECT_TRUE(absl::StrContains(status.message(), ": cut off; image "))
      << status;
  EXPECT_EQ((*loader)->Next().status(), status) << "it stays stopped";
}

TEST(LoaderTest, TheStopComesAtTheSameStepWhateverTheWorkers) {
  const TestSource source = MakeSource(20, {3, 50, 77});
  std::set<int64_t> steps;
  for (const int workers : {1, 4}) {
    LoaderOptions options = Options(5, workers);
    options.max_broken_images = 2;
    auto loader = MakeLoader(source, CropAndFlipViews(), options);
    int64_t step = 0;
    while ((*loader)->Next().ok()) ++step;
    steps.insert(step);
  }
  EXPECT_EQ(steps.size(), 1);
}

TEST(LoaderTest, ADataSetThatIsBrokenAltogetherStops) {
  const TestSource source({6});  // every Read is NotFound
  LoaderOptions options = Options(2);
  options.max_broken_images = 100;
  auto loader = MakeLoader(source, CropAndFlipViews(), options);
  const absl::Status status = (*loader)->Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), "no readable image found"))
      << status;
}

TEST(LoaderTest, AFaultOfTheMachineStopsAtOnce) {
  const TestSource source({20}, [](int64_t) -> absl::StatusOr<EncodedImage> {
    throw std::bad_alloc();
  });
  auto loader = MakeLoader(source, CropAndFlipViews(), Options(2));
  EXPECT_EQ((*loader)->Next().status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(LoaderTest, ABatchLargerThanTheDataSetIsRefused) {
  const TestSource source = MakeSource(2);
  LoaderOptions options = Options(6);
  options.ranks = 2;
  const absl::Status status =
      MakeLoader(source, CropAndFlipViews(), options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(
      status.message(),
      "data.global_batch: a batch of 12 images is larger than the data set, "
      "which has 10"))
      << status;
  EXPECT_EQ(Take(source, Options(10), 2).size(), 2) << "as large is fine";
}

TEST(LoaderTest, EndsAtAnyTime) {
  const TestSource source = MakeSource(20);
  for (int repeat = 0; repeat < 20; ++repeat) {
    auto loader = MakeLoader(source, CropAndFlipViews(), Options(50, 4));
    ASSERT_TRUE(loader.ok());
    for (int i = 0; i < repeat % 3; ++i) ASSERT_TRUE((*loader)->Next().ok());
  }
}

// The consumer's tensors are its own: later batches do not write to them.
TEST(LoaderTest, ABatchStaysAsItWas) {
  const TestSource source = MakeSource(5);
  auto loader = MakeLoader(source, CropAndFlipViews(), Options(4));
  const Batch first = *(*loader)->Next();
  const at::Tensor copy = first.view1.clone();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE((*loader)->Next().ok());
  EXPECT_TRUE(at::equal(first.view1, copy));
}

TEST(LoaderTest, TheFirstViewAloneIsTheSame) {
  const TestSource source = MakeSource(4);
  LoaderOptions alone = Options(4);
  alone.only_view1 = true;
  const std::vector<Batch> both = Take(source, Options(4), 6);
  const std::vector<Batch> first = Take(source, alone, 6);
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(at::equal(first[i].view1, both[i].view1));
    EXPECT_TRUE(at::equal(first[i].label, both[i].label));
    EXPECT_FALSE(first[i].view2.defined());
  }
}

}  // namespace
}  // namespace snclr
