// SPDX-License-Identifier: MIT
// Batches of views on a GPU: made there against made by the CPU's threads and
// copied. The first two are compared bit for bit; nothing trains meanwhile.
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/equal.h>
#include <gflags/gflags.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/device_decode/nvjpeg_decoder.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "data/sources/open_source.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/device.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "tools/bench/measure.h"

DEFINE_string(root, "", "folder of JPEG or PNG images, or of class folders");
DEFINE_int64(batch, 128, "images of a batch");
DEFINE_int32(side_px, 224, "of a view");
DEFINE_int32(workers, 0, "of each loader; 0: as many as suit the machine");
DEFINE_int32(repeats, 20, "timed batches of each form, after 5 that are not");
DEFINE_double(resident_gib, 8, "what may stay on the GPU, decoded");

namespace snclr {
namespace {

constexpr int kWarmup = 5;

struct Form {
  std::string name;
  std::unique_ptr<Loader> loader;
};

absl::StatusOr<Batch> NextOnGpu(Loader& loader, at::Device device) {
  ASSIGN_OR_RETURN(Batch batch, loader.Next());
  batch.view1 = batch.view1.to(device, /*non_blocking=*/true);
  batch.view2 = batch.view2.to(device, /*non_blocking=*/true);
  return batch;
}

absl::StatusOr<ExperimentSpec> Spec() {
  ExperimentSpec spec;
  spec.set_name("loader");
  spec.mutable_moco_v3();
  spec.mutable_data()->mutable_image_folder()->set_root(UserPath(FLAGS_root));
  spec.mutable_data()->mutable_image_folder()->set_holdout_fraction(0);
  return ResolveSpec(std::move(spec), "the command line");
}

absl::StatusOr<std::vector<Form>> Open(const Source& source,
                                       const AugmentationSpec& views,
                                       at::Device device) {
  LoaderOptions plain;
  plain.batch = FLAGS_batch;
  plain.image_size_px = FLAGS_side_px;
  plain.workers = FLAGS_workers;
  plain.page_locked = true;
  LoaderOptions made_there = plain, resident, decoded;
  made_there.make_on = MakeOnDevice{device, at::kFloat, 0, nullptr};
  resident = decoded = made_there;
  resident.make_on->resident_bytes =
      static_cast<int64_t>(FLAGS_resident_gib * (int64_t{1} << 30));
  std::vector<std::pair<std::string, LoaderOptions>> wanted = {
      {"workers", plain}, {"gpu_views", made_there}, {"resident", resident}};
  auto decoder = MakeNvjpegDecoder(/*threads=*/4);
  if (decoder.ok()) {
    decoded.make_on->decoder = *std::move(decoder);
    wanted.emplace_back("nvjpeg", decoded);
  } else {
    std::printf("nvjpeg: %s\n",
                std::string(decoder.status().message()).c_str());
  }
  std::vector<Form> forms;
  for (const auto& [name, options] : wanted) {
    ASSIGN_OR_RETURN(auto loader, MakeLoader(source, views, options));
    if (name == "resident" && loader->facts().resident_images == 0) {
      std::printf("resident: these images do not stay on the GPU\n");
      continue;
    }
    forms.push_back({name, std::move(loader)});
  }
  return forms;
}

absl::Status Run() {
  ASSIGN_OR_RETURN(const ComputeDevice gpu, OpenDevice(DeviceChoice::kCuda));
  ASSIGN_OR_RETURN(const ExperimentSpec spec, Spec());
  ASSIGN_OR_RETURN(const auto source, OpenSource(spec.data(), Split::kTrain));
  ASSIGN_OR_RETURN(std::vector<Form> forms,
                   Open(*source, spec.augmentation(), gpu.device));
  absl::Status failed;
  std::vector<Batch> first;
  for (Form& form : forms) {
    ASSIGN_OR_RETURN(Batch batch, NextOnGpu(*form.loader, gpu.device));
    first.push_back(std::move(batch));
  }
  if (!at::equal(first[0].view1, first[1].view1) ||
      !at::equal(first[0].view2, first[1].view2)) {
    return absl::InternalError("the GPU's views are not the CPU's");
  }
  std::vector<std::function<void()>> bodies;
  for (Form& form : forms) {
    bodies.push_back([&form, &failed, &gpu] {
      const auto batch = NextOnGpu(*form.loader, gpu.device);
      if (!batch.ok()) failed = batch.status();
      at::detail::getCUDAHooks().deviceSynchronize(gpu.device.index());
    });
  }
  // One form after the other: in turns the others' workers would run ahead.
  std::optional<Times> plain;
  for (size_t i = 0; i < forms.size(); ++i) {
    const Times times =
        TimeAllInTurns({bodies[i]}, kWarmup, FLAGS_repeats).front();
    RETURN_IF_ERROR(failed);
    if (!plain) plain = times;
    const LoaderFacts facts = forms[i].loader->facts();
    std::printf(
        "loader form=%s images=%lld side_px=%d median_ms=%.2f p90_ms=%.2f "
        "images_per_s=%.0f ratio=%.2f resident_images=%lld "
        "refused_jpegs=%lld\n",
        forms[i].name.c_str(), static_cast<long long>(FLAGS_batch),
        FLAGS_side_px, times.median_ms, times.p90_ms,
        static_cast<double>(FLAGS_batch) / (times.median_ms / 1e3),
        plain->median_ms / times.median_ms,
        static_cast<long long>(facts.resident_images),
        static_cast<long long>(facts.refused_jpegs));
    forms[i].loader.reset();
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Batches of views made on a GPU against made by the CPU's threads; needs "
      "a GPU.",
      {}, argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Run));
}
