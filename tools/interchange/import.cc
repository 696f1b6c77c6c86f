// SPDX-License-Identifier: MIT
#include "tools/interchange/import.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/nn/vit.h"
#include "tools/interchange/decide_encoder.h"
#include "tools/interchange/deduce_vit.h"
#include "tools/interchange/describe_encoder.h"
#include "tools/interchange/encoder_weights.h"
#include "tools/interchange/foreign_file.h"
#include "tools/interchange/names.h"

namespace snclr {
namespace {

constexpr char kMethod[] = "imported";
constexpr char kPositions[] = "pos_embed";

absl::Status CheckCommand(const ImportCommand& command) {
  if (command.from.empty()) {
    return absl::InvalidArgumentError(
        "--from is missing: a .safetensors, .pth or .pth.tar file");
  }
  if (command.to.empty()) {
    return absl::InvalidArgumentError(
        "--to is missing: the .safetensors file to write, or a folder");
  }
  if (command.heads < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--heads=", command.heads, ": wanted a positive number"));
  }
  return absl::OkStatus();
}

// "imported-" and the file's name as far as a run's name may have its letters.
std::string NameOf(const std::string& file) {
  std::string name = "imported-";
  for (const char c : std::filesystem::path(file).stem().stem().string()) {
    const bool fits = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      c == '-' || c == '_' || c == '.';
    name += fits ? c : '_';
  }
  return name.substr(0, 100);
}

// The experiment that the checkpoint belongs to. Without --spec: one with an
// encoder, and with data only where that was said.
absl::StatusOr<ExperimentSpec> SpecFor(const ImportCommand& command,
                                       const EncoderSpec& encoder) {
  std::vector<std::string> assignments = command.assignments;
  if (!command.data.empty()) {
    assignments.push_back(absl::StrCat("data.image_folder={root: \"",
                                       absl::CEscape(command.data), "\"}"));
  }
  if (!command.spec.empty()) {
    return LoadSpec(UserPath(command.spec), assignments);
  }
  ExperimentSpec spec;
  spec.set_name(NameOf(command.from));
  *spec.mutable_encoder() = encoder;
  // A spec has a method and data. No evaluation reads the one, and the other is
  // taken away again so that none is evaluated on by mistake.
  spec.mutable_snclr();
  spec.mutable_data()->mutable_procedural();
  ASSIGN_OR_RETURN(spec, ResolveSpec(std::move(spec), "the imported spec"));
  ASSIGN_OR_RETURN(
      spec, ChangeSpec(std::move(spec), "the imported spec", assignments));
  const bool has_data = std::any_of(
      assignments.begin(), assignments.end(),
      [](const std::string& text) { return absl::StartsWith(text, "data."); });
  if (!has_data) spec.mutable_data()->clear_procedural();
  return spec;
}

absl::Status Write(const Checkpoint& checkpoint, const std::string& to,
                   std::string* written) {
  std::error_code error;
  if (!std::filesystem::is_directory(to, error)) {
    *written = to;
    return WriteCheckpoint(checkpoint, to).status();
  }
  if (!ListCheckpoints(to).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--to=", to,
                     ": has checkpoints already; name a file, or "
                     "a folder without any"));
  }
  ASSIGN_OR_RETURN(const CheckpointFile file,
                   AddCheckpoint(checkpoint, to, /*keep=*/1));
  *written = file.path;
  return absl::OkStatus();
}

// What only a vision transformer has: heads, and positions.
std::string DescribeVit(const EncoderWeights& weights,
                        const DecidedEncoder& decided) {
  if (!decided.spec.has_vit()) return "";
  const double distance = DistanceToSinCos(weights.tensors.at(kPositions));
  const std::string positions =
      decided.spec.vit().positions() == LEARNED
          ? absl::StrFormat("learned: up to %.3g away from MoCo v3's table",
                            distance)
          : absl::StrFormat("MoCo v3's fixed sin-cos table (within %.2g)",
                            distance);
  return absl::StrCat("  heads     ", VitSizeOf(decided.spec).heads, ", by ",
                      decided.heads_from, "\n  positions ", positions, "\n");
}

std::string DescribeLeftOut(const EncoderWeights& weights,
                            const ForeignFile& file) {
  std::vector<std::string> parts = weights.left_out;
  if (!file.other_entries().empty()) {
    parts.push_back(absl::StrCat("beside the weights: ",
                                 absl::StrJoin(file.other_entries(), ", ")));
  }
  return parts.empty() ? "nothing" : absl::StrJoin(parts, "; ");
}

std::string DescribeFile(const ForeignFile& file,
                         const EncoderWeights& weights) {
  std::string text =
      absl::StrCat(file.format(), ", ",
                   weights.is_torchvision ? "torchvision" : "timm", "'s names");
  if (!weights.prefix.empty()) {
    absl::StrAppend(&text, " behind '", weights.prefix, "'");
  }
  if (!file.architecture().empty()) {
    absl::StrAppend(&text, ", ", file.architecture());
  }
  if (file.epoch()) absl::StrAppend(&text, ", epoch ", *file.epoch());
  return text;
}

void Print(const ImportCommand& command, const ForeignFile& file,
           const EncoderWeights& weights, const DecidedEncoder& decided,
           const std::string& written, std::ostream& out) {
  int64_t values = 0;
  for (const auto& entry : weights.tensors) values += entry.second.numel();
  out << command.from << ": " << DescribeFile(file, weights) << "\n"
      << "  encoder   " << DescribeSizes(decided.spec) << "\n"
      << DescribeVit(weights, decided)
      << absl::StrFormat(
             "  taken     %d tensors, %.3f million numbers%s\n",
             weights.tensors.size(), static_cast<double>(values) / 1e6,
             weights.converted.empty()
                 ? ""
                 : absl::StrCat(", made float32: ", weights.converted))
      << "  left out  " << DescribeLeftOut(weights, file) << "\n"
      << "  written   " << written << "\n"
      << "  try it    tools/bazel run //eval:knn -- --checkpoint=" << written
      << (command.spec.empty() && command.data.empty() ? " --data=FOLDER" : "")
      << "\n";
}

absl::Status Import(const ImportCommand& command, std::ostream& out) {
  RETURN_IF_ERROR(CheckCommand(command));
  auto part = PartOf(command.part);
  RETURN_IF_ERROR(part.status()) << "--part";
  const std::string path = UserPath(command.from);
  ASSIGN_OR_RETURN(const std::unique_ptr<ForeignFile> file,
                   ForeignFile::Open(path));
  ASSIGN_OR_RETURN(const EncoderWeights weights,
                   PickEncoder(*file, path, *part));
  std::optional<EncoderSpec> wanted;
  if (!command.spec.empty()) {
    ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecFor(command, {}));
    wanted = spec.encoder();
  }
  auto decided = DecideEncoder(*file, weights, command.heads, wanted);
  RETURN_IF_ERROR(decided.status()) << path;
  ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecFor(command, decided->spec));
  Checkpoint checkpoint;
  checkpoint.method = kMethod;
  checkpoint.spec = SpecToText(spec);
  checkpoint.spec_hash = SpecHash(spec);
  checkpoint.encoder = decided->spec.ShortDebugString();
  checkpoint.origin =
      absl::StrCat(std::filesystem::path(path).filename().string(), ": ",
                   DescribeFile(*file, weights));
  for (const auto& [name, tensor] : weights.tensors) {
    checkpoint.tensors["encoder." + name] = tensor;
  }
  std::string written;
  RETURN_IF_ERROR(Write(checkpoint, UserPath(command.to), &written));
  Print(command, *file, weights, *decided, written, out);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunImport(const ImportCommand& command, std::ostream& out) {
  return CatchTorch([&] { return Import(command, out); });
}

}  // namespace snclr
