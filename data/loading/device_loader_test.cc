// SPDX-License-Identifier: MIT
// Batches whose views a device makes are those of the workers, bit for bit: on
// the CPU as the device, and on a GPU where there is one.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/decode/decode.h"
#include "data/device_decode/device_decoder.h"
#include "data/loading/loader.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"
#include "data/testing/test_views.h"
#include "snclr/core/base/gpu_testing.h"

namespace snclr {
namespace {

// PNGs, pixels, small JPEGs, and JPEGs that views take at a reduced size.
EncodedImage Picture(int64_t index) {
  const int seed = static_cast<int>(index);
  EncodedImage encoded;
  switch (index % 4) {
    case 0:
      encoded.format = EncodedImage::Format::kPng;
      encoded.bytes = EncodePng(DrawTestImage(12 + index, 15, seed));
      break;
    case 1:
      encoded.bytes = EncodeJpeg(DrawTestImage(15, 20 + index, seed));
      break;
    case 2:
      encoded.bytes = EncodeJpeg(DrawTestImage(70, 60 + index, seed),
                                 JpegKind::kHalvedChroma);
      break;
    default:
      const Image image = DrawTestImage(9, 11, seed);
      encoded.format = EncodedImage::Format::kPlanarRgb;
      encoded.height = image.height;
      encoded.width = image.width;
      encoded.bytes.assign(image.pixels.begin(), image.pixels.end());
  }
  return encoded;
}

TestSource MakeSource(int64_t per_class, std::set<int64_t> broken = {}) {
  return FiveClasses(per_class, Picture, std::move(broken));
}

LoaderOptions Options(int64_t batch, int workers = 2) {
  LoaderOptions options;
  options.seed = 11;
  options.batch = batch;
  options.image_size_px = 8;
  options.workers = workers;
  return options;
}

constexpr int64_t kAll = 1 << 20;  // more bytes than any source here decodes to

LoaderOptions On(at::Device device, LoaderOptions options,
                 int64_t resident_bytes = 0,
                 at::ScalarType dtype = at::kFloat) {
  options.make_on = MakeOnDevice{device, dtype, resident_bytes};
  return options;
}

std::unique_ptr<Loader> Open(const Source& source,
                             const LoaderOptions& options) {
  auto loader = MakeLoader(source, ViewsOfAllStages(), options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  return loader.ok() ? *std::move(loader) : nullptr;
}

std::vector<Batch> Take(const Source& source, const LoaderOptions& options,
                        int64_t steps) {
  std::vector<Batch> batches;
  const std::unique_ptr<Loader> loader = Open(source, options);
  for (int64_t i = 0; loader != nullptr && i < steps; ++i) {
    auto batch = loader->Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (batch.ok()) batches.push_back(*std::move(batch));
  }
  return batches;
}

bool SameView(const at::Tensor& expected, const at::Tensor& made) {
  if (!expected.defined() || !made.defined()) {
    return expected.defined() == made.defined();
  }
  return at::equal(expected.to(made.scalar_type()), made.cpu());
}

void ExpectSame(const std::vector<Batch>& expected,
                const std::vector<Batch>& made) {
  ASSERT_EQ(expected.size(), made.size());
  for (size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ(expected[i].epoch, made[i].epoch) << i;
    EXPECT_EQ(expected[i].step, made[i].step) << i;
    EXPECT_TRUE(at::equal(expected[i].index, made[i].index)) << i;
    EXPECT_TRUE(at::equal(expected[i].label, made[i].label)) << i;
    EXPECT_TRUE(SameView(expected[i].view1, made[i].view1)) << i;
    EXPECT_TRUE(SameView(expected[i].view2, made[i].view2)) << i;
  }
}

TEST(DeviceLoaderTest, BatchesAreThoseOfTheWorkers) {
  const TestSource source = MakeSource(9);
  const std::vector<Batch> expected = Take(source, Options(8, 1), 14);
  for (const int64_t resident : {int64_t{0}, kAll}) {
    for (const int workers : {1, 2, 5}) {
      LoaderOptions options = Options(8, workers);
      options.prefetch_batches = workers;
      const std::vector<Batch> made =
          Take(source, On(at::kCPU, options, resident), 14);
      ExpectSame(expected, made);
      EXPECT_EQ(made[0].view1.scalar_type(), at::kFloat);
    }
  }
}

TEST(DeviceLoaderTest, ResumedRepeatedSharedAndSingleViewsAreToo) {
  const TestSource source = MakeSource(6, {4, 17});
  std::vector<LoaderOptions> cases(6, Options(4, 3));
  cases[0].first_step = 3;
  cases[1].first_step = 13;  // in the second epoch
  cases[2].repeats = 3;
  cases[3].only_view1 = true;
  cases[4].ranks = 2;
  cases[4].rank = 1;
  cases[5].seed = 12;
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    const std::vector<Batch> expected = Take(source, cases[i], 10);
    ExpectSame(expected, Take(source, On(at::kCPU, cases[i]), 10));
    ExpectSame(expected, Take(source, On(at::kCPU, cases[i], kAll), 10));
  }
}

TEST(DeviceLoaderTest, Bfloat16IsTheFloatsRounded) {
  const TestSource source = MakeSource(6);
  const std::vector<Batch> made =
      Take(source, On(at::kCPU, Options(8), kAll, at::kBFloat16), 5);
  ASSERT_EQ(made.size(), 5u);
  EXPECT_EQ(made[0].view2.scalar_type(), at::kBFloat16);
  ExpectSame(Take(source, Options(8), 5), made);
}

// However far ahead the loader is, what it says is of the batches handed over.
TEST(DeviceLoaderTest, BrokenImagesAreThoseOfTheBatchesTaken) {
  const TestSource source = MakeSource(6, {2, 9, 16, 23});
  for (const int64_t resident : {int64_t{0}, kAll}) {
    const auto expected = Open(source, Options(5, 1));
    LoaderOptions options = Options(5, 3);
    options.prefetch_batches = 4;
    const auto loader = Open(source, On(at::kCPU, options, resident));
    std::set<size_t> counts;
    for (int step = 0; step < 9; ++step) {
      const auto want = expected->Next();
      const auto got = loader->Next();
      ASSERT_TRUE(want.ok() && got.ok()) << got.status();
      EXPECT_TRUE(at::equal(want->index, got->index));
      EXPECT_EQ(expected->broken_images(), loader->broken_images()) << step;
      counts.insert(loader->broken_images().size());
    }
    EXPECT_GT(counts.size(), 2u) << "they should come one after the other";
  }
}

TEST(DeviceLoaderTest, TooManyBrokenImagesStopItWhereTheyDoOtherwise) {
  const TestSource source = MakeSource(8, {3, 11, 30});
  LoaderOptions options = Options(5);
  options.max_broken_images = 2;
  const auto run = [&](const LoaderOptions& of) {
    const auto loader = Open(source, of);
    int64_t steps = 0;
    auto batch = loader->Next();
    for (; batch.ok(); batch = loader->Next()) ++steps;
    EXPECT_EQ(loader->Next().status(), batch.status()) << "it stays stopped";
    EXPECT_EQ(loader->broken_images().size(), 3u);
    return std::make_pair(steps, batch.status());
  };
  const auto expected = run(options);
  EXPECT_EQ(expected.second.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(run(On(at::kCPU, options)), expected);
  EXPECT_EQ(run(On(at::kCPU, options, kAll)), expected);
}

TEST(DeviceLoaderTest, WhatStaysOnTheDeviceIsReadOnce) {
  std::atomic<int> reads{0};
  const TestSource source(
      {40}, [&reads](int64_t index) -> absl::StatusOr<EncodedImage> {
        ++reads;
        return Picture(4 * index);  // PNGs
      });
  const auto loader = Open(source, On(at::kCPU, Options(8), kAll));
  EXPECT_EQ(loader->facts().resident_images, 40);
  EXPECT_GT(loader->facts().resident_bytes, 0);
  EXPECT_EQ(reads, 80) << "each to estimate, and each to decode";
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(loader->Next().ok());
  EXPECT_EQ(reads, 80);
}

TEST(DeviceLoaderTest, NothingStaysUnlessAllowed) {
  const TestSource source = MakeSource(6);
  EXPECT_EQ(Open(source, On(at::kCPU, Options(8)))->facts().resident_images, 0);
  EXPECT_EQ(
      Open(source, On(at::kCPU, Options(8), 100))->facts().resident_images, 0);
  EXPECT_FALSE(Open(source, Options(8))->facts().on_device);
}

TEST(DeviceLoaderTest, AFaultOfTheMachineStopsAtOnce) {
  const TestSource source({20}, [](int64_t) -> absl::StatusOr<EncodedImage> {
    throw std::bad_alloc();
  });
  EXPECT_EQ(Open(source, On(at::kCPU, Options(2)))->Next().status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(DeviceLoaderTest, EndsAtAnyTime) {
  const TestSource source = MakeSource(8);
  for (int repeat = 0; repeat < 15; ++repeat) {
    const auto loader = Open(source, On(at::kCPU, Options(20, 3)));
    for (int i = 0; i < repeat % 3; ++i) ASSERT_TRUE(loader->Next().ok());
  }
}

TEST(DeviceLoaderTest, ViewsThatTheCpuMakesAloneAreRefused) {
  const TestSource source = MakeSource(6);
  AugmentationSpec views = ViewsOfAllStages();
  views.mutable_view2()->mutable_erase()->set_probability(0.2);
  EXPECT_FALSE(CanMakeOnDevice(views));
  LoaderOptions options = On(at::kCPU, Options(4));
  EXPECT_EQ(MakeLoader(source, views, options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.only_view1 = true;
  EXPECT_TRUE(MakeLoader(source, views, options).ok());
}

// libjpeg as a device's decoder, whole images only; refuses files by their
// height, before or while it decodes them.
class WholeDecoder final : public DeviceDecoder {
 public:
  bool Takes(const std::string& file) const override {
    return HeightOf(file) % 5 != 1;
  }

  std::vector<bool> Decode(const std::vector<Job>& jobs) override {
    std::vector<bool> decoded;
    for (const Job& job : jobs) {
      ++tried_;
      Image image;
      EncodedImage encoded;
      encoded.bytes = *job.file;
      const bool ok =
          job.size.height % 5 != 2 && DecodeImage(encoded, 1, image).ok() &&
          image.height == job.size.height && image.width == job.size.width;
      if (ok) std::copy(image.pixels.begin(), image.pixels.end(), job.planes);
      decoded.push_back(ok);
    }
    return decoded;
  }

  int tried() const { return tried_; }

 private:
  static int64_t HeightOf(const std::string& file) {
    EncodedImage encoded;
    encoded.bytes = file;
    const auto size = ReadSize(encoded);
    return size.ok() ? size->height : 1;
  }

  std::atomic<int> tried_{0};
};

// JPEGs whose views of 24 px are made from all their pixels; three end early,
// behind their headers, so that it shows only when they are decoded: the device
// tries the first two and leaves the third to the CPU.
EncodedImage Jpeg(int64_t index) {
  EncodedImage encoded;
  encoded.bytes =
      EncodeJpeg(DrawTestImage(30 + index % 17, 40, static_cast<int>(index)));
  if (index == 3 || index == 12 || index == 18) {
    encoded.bytes.resize(encoded.bytes.size() - 20);
  }
  return encoded;
}

TEST(DeviceLoaderTest, ADevicesDecoderLeavesTheRestToTheCpu) {
  const TestSource source({40}, [](int64_t index) { return Jpeg(index); });
  LoaderOptions options = Options(7, 3);
  options.image_size_px = 24;
  const auto decoder = std::make_shared<WholeDecoder>();
  LoaderOptions on_device = On(at::kCPU, options, kAll);
  on_device.make_on->decoder = decoder;
  const auto expected = Open(source, options);
  const auto loader = Open(source, on_device);
  EXPECT_TRUE(loader->facts().decodes);
  EXPECT_EQ(loader->facts().resident_images, 0) << "the pixels are another's";
  int64_t refused = 0;
  for (int step = 0; step < 15; ++step) {
    const auto want = expected->Next();
    const auto got = loader->Next();
    ASSERT_TRUE(want.ok() && got.ok()) << got.status();
    ExpectSame({*want}, {*got});
    EXPECT_EQ(expected->broken_images(), loader->broken_images()) << step;
    EXPECT_GE(loader->facts().refused_jpegs, refused);
    refused = loader->facts().refused_jpegs;
  }
  EXPECT_EQ(loader->broken_images(), (std::unordered_set<int64_t>{3, 12, 18}));
  // Of 105 places, those of heights 31, 32, 36, 37, 41, 42, 46.
  EXPECT_GT(refused, 30);
  EXPECT_LT(refused, 70);
  EXPECT_GT(decoder->tried(), 60);
}

TEST(DeviceLoaderTest, TooManyThatOnlyTheDecoderFindsBrokenStopIt) {
  const TestSource source({40}, [](int64_t index) { return Jpeg(index); });
  LoaderOptions options = Options(7, 3);
  options.image_size_px = 24;
  options.max_broken_images = 2;
  const auto steps = [&](const LoaderOptions& of) {
    const auto loader = Open(source, of);
    int64_t done = 0;
    auto batch = loader->Next();
    for (; batch.ok() && done < 40; batch = loader->Next()) ++done;
    return std::make_pair(done, batch.status());
  };
  const auto expected = steps(options);
  EXPECT_EQ(expected.second.code(), absl::StatusCode::kDataLoss);
  LoaderOptions on_device = On(at::kCPU, options);
  on_device.make_on->decoder = std::make_shared<WholeDecoder>();
  EXPECT_EQ(steps(on_device), expected);
}

// Batches are dropped while the stream is still at work on them, so that their
// memory would be written to again if the loader did not wait for it.
TEST(DeviceLoaderTest, AGpuMakesTheBatchesOfTheWorkers) {
  SNCLR_NEEDS_GPU();
  const TestSource source = MakeSource(20, {7});
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const int64_t resident : {int64_t{0}, kAll}) {
      for (LoaderOptions options : {Options(32, 4), Options(5, 1)}) {
        options.image_size_px = 48;
        const std::vector<Batch> expected = Take(source, options, 20);
        const auto loader = Open(
            source, On(at::Device(at::kCUDA, 0), options, resident, dtype));
        std::vector<Batch> copies;
        for (int step = 0; step < 20; ++step) {
          auto batch = loader->Next();
          ASSERT_TRUE(batch.ok()) << batch.status();
          EXPECT_TRUE(batch->view1.is_cuda());
          // Work that the copies come behind.
          at::Tensor busy = batch->view1.to(at::kFloat).flatten();
          for (int i = 0; i < 50; ++i) busy = busy.sin();
          batch->view1 = batch->view1.clone();
          batch->view2 = batch->view2.clone();
          copies.push_back(*std::move(batch));
        }
        ExpectSame(expected, copies);
      }
    }
  }
}

}  // namespace
}  // namespace snclr
