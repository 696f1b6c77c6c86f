// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_facts.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "experiments/trainer/format.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/optim/schedule.h"

namespace snclr {
namespace {

std::string Millions(int64_t count) {
  if (count < 1000000) return FormatCount(count);
  return absl::StrFormat("%.1f million", static_cast<double>(count) / 1e6);
}

// The name of the oneof's arm: "image folder".
std::string SourceKind(const DataSpec& spec) {
  const auto* oneof = spec.GetDescriptor()->FindOneofByName("source");
  const auto* field =
      spec.GetReflection()->GetOneofFieldDescriptor(spec, oneof);
  return field == nullptr ? "no source"
                          : absl::StrReplaceAll(field->name(), {{"_", " "}});
}

std::string Place(const DataSpec& spec) {
  if (spec.has_image_folder()) return " " + spec.image_folder().root();
  if (spec.has_cifar()) return " " + spec.cifar().root();
  if (spec.has_webdataset()) return " " + spec.webdataset().train_shards();
  return "";
}

std::string OptimizerName(OptimizerKind kind) {
  switch (kind) {
    case ADAMW:
      return "AdamW";
    case LARS:
      return "LARS";
    default:
      return "SGD";
  }
}

std::string DescribeParameters(Learner& learner) {
  Method& method = learner.method();
  int64_t encoder = 0, frozen = 0;
  for (const at::Tensor& parameter : method.encoder().parameters()) {
    encoder += parameter.numel();
    if (!parameter.requires_grad()) frozen += parameter.numel();
  }
  const int64_t momentum = CountValues(method.MomentumParameters());
  return absl::StrCat(
      Millions(encoder), " in the encoder (", Millions(frozen), " frozen), ",
      Millions(CountValues(method.TrainedParameters())),
      " trained with the heads",
      momentum > 0
          ? absl::StrCat(", ", Millions(momentum), " in the momentum copy")
          : "");
}

}  // namespace

std::string DescribeEncoder(const EncoderSpec& spec) {
  if (spec.has_resnet()) {
    const ResnetSpec& resnet = spec.resnet();
    return absl::StrCat(
        resnet.variant() == RESNET18 ? "ResNet-18" : "ResNet-50",
        resnet.small_image_stem() ? " with a 3 x 3 stem without pooling" : "",
        ", images of ", spec.image_size_px(), " px");
  }
  const VitSpec& vit = spec.vit();
  const std::string size =
      vit.variant() == VIT_CUSTOM
          ? absl::StrCat("width ", vit.width(), ", ", vit.depth(), " blocks, ",
                         vit.heads(), " heads")
          : VitVariant_Name(vit.variant());
  return absl::StrCat("ViT, ", size, ", ", vit.patch_size_px(),
                      " px patches, images of ", spec.image_size_px(), " px");
}

std::string DescribeData(const DataSpec& spec, const Source& train,
                         const Source* test) {
  const size_t classes = train.class_names().size();
  return absl::StrCat(
      SourceKind(spec), Place(spec), ": ", FormatCount(train.size()),
      " training",
      test == nullptr
          ? ""
          : absl::StrCat(" and ", FormatCount(test->size()), " test"),
      " images, ",
      classes == 0 ? "no labels" : absl::StrCat(classes, " classes"));
}

std::string DescribeSchedule(const ExperimentSpec& spec,
                             int64_t steps_per_epoch) {
  const int64_t epochs = spec.schedule().epochs();
  return absl::StrCat(FormatCount(epochs), " epochs of ",
                      FormatCount(steps_per_epoch), " steps, ",
                      FormatCount(epochs * steps_per_epoch), " in all, ",
                      FormatCount(spec.data().global_batch()), " images each");
}

std::string DescribeOptimizer(const ExperimentSpec& spec) {
  const double peak =
      PeakLearningRate(spec.optimizer(), spec.data().global_batch());
  return absl::StrCat(
      OptimizerName(spec.optimizer().kind()), ", learning rate up to ",
      FormatRate(peak), " after ", spec.schedule().warmup_epochs(),
      " epochs of warm-up, weight decay ", spec.optimizer().weight_decay());
}

std::string DescribeBand(const LossBand& band) {
  return absl::StrCat("should begin between ", FormatLoss(band.low), " and ",
                      FormatLoss(band.high), ": ", band.why);
}

int64_t CountValues(const NamedTensors& tensors) {
  int64_t count = 0;
  for (const auto& named : tensors) count += named.tensor.numel();
  return count;
}

std::string BeforeTraining(const ExperimentSpec& spec) {
  return spec.has_initial_weights() ? "before training" : "untrained";
}

std::string ShortPath(const std::string& path) {
  const std::string here = UserPath(".");
  const std::string relative =
      std::filesystem::path(path).lexically_relative(here).string();
  return relative.empty() || absl::StartsWith(relative, "..") ? path : relative;
}

Facts RunFacts(const ExperimentSpec& spec, Learner& learner,
               const Source& train, const Source* test,
               const std::string& folder, const std::string& device,
               int threads, int64_t ranks) {
  const int64_t steps_per_epoch =
      learner.total_steps() / spec.schedule().epochs();
  Facts facts;
  if (!spec.question().empty()) facts.emplace_back("question", spec.question());
  facts.emplace_back("encoder", DescribeEncoder(spec.encoder()));
  facts.emplace_back("parameters", DescribeParameters(learner));
  if (spec.has_initial_weights()) {
    facts.emplace_back(
        "begins with",
        absl::StrCat(ShortPath(spec.initial_weights().file()), ", checksum ",
                     spec.initial_weights().checksum()));
  }
  facts.emplace_back("data", DescribeData(spec.data(), train, test));
  facts.emplace_back("schedule", DescribeSchedule(spec, steps_per_epoch));
  facts.emplace_back("optimizer", DescribeOptimizer(spec));
  facts.emplace_back(
      "device",
      absl::StrCat(device, ", ", threads, threads == 1 ? " thread" : " threads",
                   spec.precision() == BF16   ? ", bfloat16"
                   : spec.precision() == FP16 ? ", float16"
                                              : ""));
  if (ranks > 1) {
    facts.emplace_back(
        "ranks", absl::StrCat(ranks, ", ", spec.data().global_batch() / ranks,
                              " images of each step on each"));
  }
  facts.emplace_back("loss", DescribeBand(learner.method().InitialLossBand(
                                 spec.data().global_batch() / ranks, ranks)));
  facts.emplace_back("run folder", ShortPath(folder));
  return facts;
}

}  // namespace snclr
