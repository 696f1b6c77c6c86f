// SPDX-License-Identifier: MIT
#include "tools/interchange/export.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/restore.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/vit.h"
#include "tools/interchange/describe_encoder.h"
#include "tools/interchange/foreign_file.h"
#include "tools/interchange/names.h"
#include "tools/interchange/script_vit.h"
#include "tools/interchange/write_torch_file.h"

namespace snclr {
namespace {

// Where a checkpoint keeps its two encoders.
constexpr char kEncoderPrefix[] = "encoder.";
constexpr char kMomentumPrefix[] = "momentum.encoder.";

// Of features, which a norm leaves of order 1.
constexpr double kScriptTolerance = 1e-4;

struct Exported {
  Naming naming;
  Part part;
  std::string format;
  std::string step;
  std::shared_ptr<Encoder> encoder;
};

// The encoder's spec and weights; the momentum encoder's take its place.
absl::StatusOr<std::shared_ptr<Encoder>> EncoderOfPart(Checkpoint checkpoint,
                                                       Part part) {
  if (part == Part::kMomentumEncoder) {
    std::map<std::string, at::Tensor> tensors;
    for (const auto& [name, tensor] : checkpoint.tensors) {
      absl::string_view rest = name;
      if (absl::ConsumePrefix(&rest, kMomentumPrefix)) {
        tensors[absl::StrCat(kEncoderPrefix, rest)] = tensor;
      }
    }
    if (tensors.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("--part=momentum_encoder: the checkpoint has none, its "
                       "method is ",
                       checkpoint.method));
    }
    checkpoint.tensors = std::move(tensors);
  }
  return EncoderOf(checkpoint);
}

NamedTensors TheirTensors(const Exported& exported) {
  NamedTensors tensors;
  const auto add = [&](const auto& items) {
    for (const auto& item : items) {
      tensors.push_back({TheirName(exported.naming, exported.part, item.key()),
                         item.value().detach()});
    }
  };
  add(exported.encoder->named_parameters());
  add(exported.encoder->named_buffers());
  return tensors;
}

// MoCo v3's name of the architecture; "" where it has none.
std::string MocoArchitecture(const EncoderSpec& spec) {
  if (spec.has_resnet()) {
    return spec.resnet().variant() == RESNET50 ? "resnet50" : "resnet18";
  }
  switch (spec.vit().variant()) {
    case VIT_SMALL:
      return "vit_small";
    case VIT_BASE:
      return "vit_base";
    default:
      return "";
  }
}

absl::Status WriteSafetensors(const Exported& exported,
                              const std::string& path) {
  const EncoderSpec& spec = exported.encoder->spec();
  TensorFile file;
  for (const auto& [name, tensor] : TheirTensors(exported)) {
    file.tensors[name] = tensor;
  }
  file.metadata = {{"format", "pt"},  // what its Python package asks for
                   {kEncoderKey, spec.ShortDebugString()},
                   {"part", PartText(exported.part)},
                   {"step", exported.step}};
  if (spec.has_vit()) {
    file.metadata["num_heads"] = absl::StrCat(VitSizeOf(spec).heads);
  }
  return WriteTensorFile(file, path);
}

absl::Status WriteTorchSave(const Exported& exported, const std::string& path) {
  TorchSaveContent content;
  content.weights = TheirTensors(exported);
  const EncoderSpec& spec = exported.encoder->spec();
  if (exported.naming == Naming::kDeit) content.weights_entry = "model";
  if (exported.naming == Naming::kMocoV3) {
    content.weights_entry = "state_dict";
    const std::string architecture = MocoArchitecture(spec);
    if (!architecture.empty()) content.others = {{"arch", architecture}};
  }
  if (!content.weights_entry.empty()) {
    content.others.emplace_back(kEncoderKey, spec.ShortDebugString());
  }
  ASSIGN_OR_RETURN(const std::string bytes, TorchSaveBytes(content));
  return WriteFileAtomically(path, bytes);
}

absl::Status WriteScript(const Exported& exported, const std::string& path) {
  auto* vit = dynamic_cast<VisionTransformer*>(exported.encoder.get());
  if (vit == nullptr || exported.naming != Naming::kTimm) {
    return absl::InvalidArgumentError(
        "--format=torchscript: for vision transformers under timm's names");
  }
  ASSIGN_OR_RETURN(
      const std::string bytes,
      ScriptVitBytes(*vit, {{kEncoderExtra, vit->spec().ShortDebugString()}},
                     kScriptTolerance));
  return WriteFileAtomically(path, bytes);
}

// The Python that gives the network back.
std::string HowToLoad(const Exported& exported, const std::string& to) {
  const EncoderSpec& spec = exported.encoder->spec();
  if (exported.format == "torchscript") {
    return absl::StrCat("torch.jit.load('", to, "')(images)");
  }
  std::string weights =
      exported.format == "safetensors"
          ? absl::StrCat("safetensors.torch.load_file('", to, "')")
          : absl::StrCat("torch.load('", to, "', weights_only=True)");
  if (exported.naming == Naming::kMocoV3) {
    return exported.format == "pytorch" && exported.part == Part::kEncoder
               ? absl::StrCat("moco-v3's main_lincls.py --pretrained ", to)
               : weights;
  }
  if (exported.naming == Naming::kDeit && exported.format == "pytorch") {
    weights += "['model']";
  }
  const bool by_timm =
      spec.has_vit() && exported.naming != Naming::kTorchvision;
  return absl::StrCat(
      by_timm ? TimmConstructor(spec) : TorchvisionConstructor(spec),
      "; model.load_state_dict(", weights, ")");
}

// What only a vision transformer has, and no weight says.
std::string DescribeVit(const EncoderSpec& spec) {
  const bool is_moco_small = spec.vit().variant() == VIT_SMALL;
  return absl::StrCat("  heads     ", VitSizeOf(spec).heads,
                      ": no weight shows it, so whoever loads them has to know",
                      is_moco_small ? " (timm's and DeiT's ViT-S have 6)" : "",
                      "\n  positions ",
                      spec.vit().positions() == LEARNED
                          ? "learned"
                          : "MoCo v3's fixed sin-cos table",
                      "\n");
}

void Print(const Exported& exported, const ExportCommand& command,
           std::ostream& out) {
  int64_t values = 0;
  const NamedTensors tensors = TheirTensors(exported);
  for (const auto& named : tensors) values += named.tensor.numel();
  const EncoderSpec& spec = exported.encoder->spec();
  out << absl::StrFormat(
      "%s at step %s: %s, written to %s\n"
      "  network   %s\n"
      "  tensors   %d, %.3f million numbers, %s's names, %s\n"
      "%s"
      "  load it   %s\n",
      command.checkpoint, exported.step, PartText(exported.part), command.to,
      DescribeSizes(spec), tensors.size(), static_cast<double>(values) / 1e6,
      NamingText(exported.naming), exported.format,
      spec.has_vit() ? DescribeVit(spec) : "", HowToLoad(exported, command.to));
}

absl::Status Export(const ExportCommand& command, std::ostream& out) {
  Exported exported;
  auto naming = NamingOf(command.names);
  RETURN_IF_ERROR(naming.status()) << "--names";
  auto part = PartOf(command.part);
  RETURN_IF_ERROR(part.status()) << "--part";
  exported.naming = *naming;
  exported.part = *part;
  exported.format = command.format;
  if (command.format != "safetensors" && command.format != "pytorch" &&
      command.format != "torchscript") {
    return absl::InvalidArgumentError(
        absl::StrCat("--format: '", command.format,
                     "': wanted safetensors, pytorch or torchscript"));
  }
  if (command.to.empty()) {
    return absl::InvalidArgumentError("--to is missing: the file to write");
  }
  ASSIGN_OR_RETURN(const std::string from,
                   FindCheckpoint(command.checkpoint, command.out));
  std::vector<std::string> damaged;
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadFileOrRun(from, &damaged));
  for (const std::string& line : damaged) LOG(WARNING) << line;
  exported.step = absl::StrCat(checkpoint.step);
  auto encoder = EncoderOfPart(std::move(checkpoint), exported.part);
  RETURN_IF_ERROR(encoder.status()) << from;
  exported.encoder = *encoder;
  const std::string to = UserPath(command.to);
  RETURN_IF_ERROR(command.format == "safetensors"
                      ? WriteSafetensors(exported, to)
                  : command.format == "pytorch" ? WriteTorchSave(exported, to)
                                                : WriteScript(exported, to));
  Print(exported, command, out);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunExport(const ExportCommand& command, std::ostream& out) {
  return CatchTorch([&] { return Export(command, out); });
}

}  // namespace snclr
