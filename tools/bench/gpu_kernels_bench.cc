// SPDX-License-Identifier: MIT
// Our GPU kernels against the plain way and against their floor, the bytes that
// they must move. Each is checked against the plain way first.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gflags/gflags.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/device_views/device_views.h"
#include "data/views/augment.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/device.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/optim/adamw_cuda.h"
#include "snclr/core/optim/adamw_reference.h"
#include "tools/bench/measure.h"
#include "tools/bench/neighbor_kernels_bench.h"

DEFINE_int64(parameters, 42'800'000, "of the optimizer: ViT-S with its heads");
DEFINE_int64(images, 256, "of which both views are made");
DEFINE_int32(side_px, 224, "of a view");
DEFINE_int32(repeats, 20, "timed runs of each form, after 3 that are not");

namespace snclr {
namespace {

constexpr int kWarmup = 3;
constexpr double kBytesPerParameter = 9 * 4;  // five arrays read, four written

void Synchronize() { at::detail::getCUDAHooks().deviceSynchronize(0); }

// What the device moves in a plain copy: read and written bytes a second.
double CopyBytesPerSecond() {
  constexpr int64_t kBytes = int64_t{1} << 30;
  const auto options = at::TensorOptions(at::kCUDA).dtype(at::kByte);
  const at::Tensor from = at::empty({kBytes}, options);
  at::Tensor to = at::empty_like(from);
  const auto copy = [&] {
    to.copy_(from);
    Synchronize();
  };
  const TwoTimes times = TimeInTurns(copy, copy, kWarmup, FLAGS_repeats);
  return 2.0 * kBytes / (times.fast.median_ms / 1e3);
}

// Two sets of equal tensors, of which each form moves one.
AdamWTensors MakeAdamW(const at::Tensor& values, const at::Tensor& gradients) {
  return {values.clone(), gradients, at::zeros_like(values),
          at::zeros_like(values), values.clone()};
}

absl::Status BenchAdamW(double copy_bytes_per_second) {
  const at::NoGradGuard no_grad;
  const int64_t size = FLAGS_parameters / 4 * 4;
  const auto options = at::TensorOptions(at::kCUDA).dtype(at::kFloat);
  const at::Tensor values = at::randn({size}, options);
  const at::Tensor gradients = at::randn({size}, options);
  const AdamWTensors fused = MakeAdamW(values, gradients);
  const AdamWTensors plain = MakeAdamW(values, gradients);
  const AdamWStep step = {1, 1 - 1e-4, 0.9, 0.999, 1e-3, 0.1, 1e-8, 0.99};
  AdamWStretch<float> stretch{};
  stretch.n = size;
  stretch.decays = true;
  stretch.values = fused.values.data_ptr<float>();
  stretch.gradients = fused.gradients.const_data_ptr<float>();
  stretch.exp_avg = fused.exp_avg.data_ptr<float>();
  stretch.exp_avg_sq = fused.exp_avg_sq.data_ptr<float>();
  stretch.momentum = fused.momentum.data_ptr<float>();
  AdamWUpdateOnGpu(step, stretch);
  AdamWReferenceUpdate(step, true, plain);
  const double apart =
      (fused.momentum - plain.momentum).abs().max().item<double>();
  if (!(apart < 1e-5)) {
    return absl::InternalError(
        absl::StrCat("the two forms of AdamW differ by ", apart));
  }
  const TwoTimes times = TimeInTurns(
      [&] {
        AdamWUpdateOnGpu(step, stretch);
        Synchronize();
      },
      [&] {
        AdamWReferenceUpdate(step, true, plain);
        Synchronize();
      },
      kWarmup, FLAGS_repeats);
  const double floor_ms = 1e3 * kBytesPerParameter * static_cast<double>(size) /
                          copy_bytes_per_second;
  std::printf(
      "adamw_ema parameters=%lld floor_ms=%.3f fused_median_ms=%.3f "
      "fused_p90_ms=%.3f operators_median_ms=%.3f ratio=%.2f of_floor=%.2f\n",
      static_cast<long long>(size), floor_ms, times.fast.median_ms,
      times.fast.p90_ms, times.plain.median_ms, times.Ratio(),
      floor_ms / times.fast.median_ms);
  return absl::OkStatus();
}

// The recipes' first view, which always blurs, and their second.
absl::StatusOr<ViewSpec> Spec(const std::string& blur, const char* solarize) {
  ViewSpec spec;
  const std::string text = absl::StrCat(
      "crop { min_area: 0.08 max_area: 1 min_aspect: 0.75 max_aspect: 1.3333 }"
      "jitter { probability: 0.8 brightness: 0.4 contrast: 0.4 saturation: 0.2"
      "         hue: 0.1 } grayscale_probability: 0.2 flip_probability: 0.5 "
      "blur { sigma_min_px: 0.1 sigma_max_px: 2 kernel: THREE_BOXES "
      "       probability: ",
      blur, "} solarize { threshold: 128 probability: ", solarize, "}");
  if (!google::protobuf::TextFormat::ParseFromString(text, &spec)) {
    return absl::InternalError("the benchmark's view spec");
  }
  return spec;
}

absl::Status BenchViews() {
  NormalizeSpec normalize;
  for (ChannelsSpec* channels :
       {normalize.mutable_mean(), normalize.mutable_std()}) {
    channels->set_red(0.5);
    channels->set_green(0.5);
    channels->set_blue(0.5);
  }
  ASSIGN_OR_RETURN(const ViewSpec first, Spec("1", "0"));
  ASSIGN_OR_RETURN(const ViewSpec second, Spec("0.1", "0.2"));
  const int64_t side = FLAGS_side_px;
  const int64_t height = side * 8 / 7, width = height * 4 / 3;
  Random random(1, {0});
  ViewBatch batch(side);
  std::vector<Image> images;
  std::vector<ViewParameters> drawn;
  for (int64_t i = 0; i < FLAGS_images; ++i) {
    Image image{height, width, std::vector<uint8_t>(3 * height * width)};
    for (uint8_t& value : image.pixels) value = random.Below(256);
    const int64_t pixels = batch.AddImage(image);
    for (const int view : {1, 2}) {
      const ViewSpec& spec = view == 1 ? first : second;
      drawn.push_back(DrawView(spec, height, width, 1, 0, i, view));
      batch.AddView(spec, normalize, drawn.back(), {height, width}, pixels);
    }
    images.push_back(std::move(image));
  }
  at::Tensor on_cpu = at::empty({batch.views(), 3, side, side}, at::kFloat);
  at::Tensor on_gpu;
  const auto gpu = [&] {
    on_gpu = MakeViews(batch, at::kCUDA, at::kFloat);
    Synchronize();
  };
  const auto cpu = [&] {
    for (int64_t i = 0; i < batch.views(); ++i) {
      ApplyView(i % 2 == 0 ? first : second, normalize, drawn[i], images[i / 2],
                side, on_cpu.data_ptr<float>() + i * 3 * side * side);
    }
  };
  gpu();
  cpu();
  if (!at::equal(on_gpu.cpu(), on_cpu)) {
    return absl::InternalError("the GPU's views are not the CPU's");
  }
  const TwoTimes times = TimeInTurns(gpu, cpu, 1, FLAGS_repeats / 4 + 1);
  const auto images_per_second = [](const Times& of) {
    return static_cast<double>(FLAGS_images) / (of.median_ms / 1e3);
  };
  std::printf(
      "two_views images=%lld side_px=%lld gpu_median_ms=%.2f gpu_p90_ms=%.2f "
      "gpu_images_per_s=%.0f one_core_images_per_s=%.0f ratio=%.1f\n",
      static_cast<long long>(FLAGS_images), static_cast<long long>(side),
      times.fast.median_ms, times.fast.p90_ms, images_per_second(times.fast),
      images_per_second(times.plain), times.Ratio());
  return absl::OkStatus();
}

absl::Status Run() {
  ASSIGN_OR_RETURN(const ComputeDevice device, OpenDevice(DeviceChoice::kCuda));
  const double copy = CopyBytesPerSecond();
  std::printf("device %s\ncopy bytes_per_s=%.3g\n", device.name.c_str(), copy);
  RETURN_IF_ERROR(BenchAdamW(copy));
  RETURN_IF_ERROR(BenchNeighborKernels());
  return BenchViews();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Our GPU kernels against the plain way and their floor; needs a GPU.", {},
      argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Run));
}
