// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_data.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "data/device_decode/nvjpeg_decoder.h"
#include "data/sources/open_source.h"
#include "experiments/trainer/format.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

constexpr double kGib = int64_t{1} << 30;
constexpr int kDecoderThreads = 4;

// Null, and why, where the training images are not the GPU's to decode.
std::shared_ptr<DeviceDecoder> OpenDecoder(const ExperimentSpec& spec,
                                           at::Device device,
                                           std::vector<std::string>* lines) {
  if (spec.data().jpeg_decoder() != NVJPEG) return nullptr;
  std::string why;
  if (!device.is_cuda()) {
    why = "it is for GPUs";
  } else if (!CanMakeOnDevice(spec.augmentation())) {
    why = "a GPU does not make these views";
  } else {
    auto decoder = MakeNvjpegDecoder(
        spec.data().workers() > 0 ? spec.data().workers() : kDecoderThreads);
    if (decoder.ok()) return *std::move(decoder);
    why = std::string(decoder.status().message());
  }
  lines->push_back(absl::StrCat(
      "data.jpeg_decoder: no NVJPEG, but LIBJPEG, whose pixels differ: ", why));
  return nullptr;
}

// A GPU's share in a batch. Under bfloat16 the first layer would round its
// input to what is made here.
absl::StatusOr<MakeOnDevice> OnGpu(const ExperimentSpec& spec,
                                   at::Device device) {
  MakeOnDevice on;
  on.device = device;
  on.dtype = spec.precision() == BF16 ? at::kBFloat16 : at::kFloat;
  int64_t memory = 0;
  RETURN_IF_ERROR(CatchTorch([&] {
    memory = GpuMemoryNow().total;
    return absl::OkStatus();
  })) << "asking for the GPU's memory";
  on.resident_bytes = std::min(
      static_cast<int64_t>(spec.data().resident_gib() * kGib), memory / 4);
  return on;
}

}  // namespace

absl::StatusOr<RunData> OpenRunData(const ExperimentSpec& spec) {
  RunData data;
  const KnnSpec& knn = spec.evaluation().knn();
  if (knn.every_epochs() > 0) {
    auto evaluation = KnnEvaluation::Create(
        spec.data(), spec.augmentation(), {knn.neighbors(), knn.temperature()},
        spec.evaluation().batch());
    if (evaluation.ok()) {
      data.knn = *std::move(evaluation);
    } else if (absl::IsFailedPrecondition(evaluation.status())) {
      data.why_no_knn = std::string(evaluation.status().message());
    } else {
      return evaluation.status();
    }
  }
  if (!data.knn) {
    ASSIGN_OR_RETURN(data.without_knn, OpenSource(spec.data(), Split::kTrain));
  }
  if (spec.data().global_batch() > data.train().size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.global_batch: a batch of ", spec.data().global_batch(),
        " images is larger than the data set, which has ",
        data.train().size()));
  }
  return data;
}

absl::StatusOr<std::unique_ptr<Loader>> OpenLoader(
    const ExperimentSpec& spec, const Source& train, int64_t first_step,
    const ProcessGroup& group, at::Device device,
    std::vector<std::string>* lines) {
  LoaderOptions options;
  options.seed = spec.seed();
  options.batch = spec.data().global_batch() / group.size();
  options.rank = group.rank();
  options.ranks = group.size();
  options.image_size_px = spec.encoder().image_size_px();
  options.workers = spec.data().workers();
  options.prefetch_batches = spec.data().prefetch_batches();
  options.max_broken_images = spec.data().max_broken_images();
  options.first_step = first_step;
  std::shared_ptr<DeviceDecoder> decoder = OpenDecoder(spec, device, lines);
  if (device.is_cuda() && CanMakeOnDevice(spec.augmentation())) {
    ASSIGN_OR_RETURN(options.make_on, OnGpu(spec, device));
    options.make_on->decoder = std::move(decoder);
  }
  options.page_locked = device.is_cuda() && !options.make_on;
  ASSIGN_OR_RETURN(auto loader,
                   MakeLoader(train, spec.augmentation(), options));
  const LoaderFacts facts = loader->facts();
  if (facts.resident_images > 0) {
    lines->push_back(absl::StrFormat(
        "%s training images stay in the GPU's memory, decoded: %.2f GiB "
        "(data.resident_gib)",
        FormatCount(facts.resident_images),
        static_cast<double>(facts.resident_bytes) / kGib));
  }
  return loader;
}

}  // namespace snclr
