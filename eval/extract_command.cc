// SPDX-License-Identifier: MIT
#include "eval/extract_command.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "data/source.h"
#include "data/sources/open_source.h"
#include "eval/features.h"
#include "eval/labelled_data.h"
#include "eval/npy.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr char kNumpy[] = ".npy";
constexpr char kSafetensors[] = ".safetensors";

absl::StatusOr<Split> SplitOf(const std::string& name) {
  if (name == "train") return Split::kTrain;
  if (name == "test") return Split::kTest;
  return absl::InvalidArgumentError(
      absl::StrCat("--split: wanted train or test, got '", name, "'"));
}

// The file's path without its suffix.
absl::StatusOr<std::string> StemOf(const std::string& file) {
  absl::string_view stem = file;
  if (absl::ConsumeSuffix(&stem, kNumpy) ||
      absl::ConsumeSuffix(&stem, kSafetensors)) {
    return UserPath(std::string(stem));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--out: wanted a file that ends in ", kSafetensors, " or ",
                   kNumpy, ", got '", file, "'"));
}

std::string Description(const Subject& subject, const Source& source,
                        const std::string& split, const Features& features) {
  nlohmann::ordered_json json;
  json["checkpoint"] = subject.path;
  json["step"] = subject.step;
  json["split"] = split;
  json["data_fingerprint"] = source.fingerprint();
  json["images"] = features.features.size(0);
  json["unreadable_images"] = features.broken;
  json["features"] = features.features.size(1);
  json["classes"] = source.class_names();
  auto& names = json["names"] = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < features.index.size(0); ++i) {
    names.push_back(source.name(features.index[i].item<int64_t>()));
  }
  // A file's name need not be UTF-8.
  return json.dump(1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

absl::Status Write(const Subject& subject, const Features& features,
                   const std::string& split, const std::string& stem,
                   bool numpy) {
  if (numpy) {
    RETURN_IF_ERROR(WriteNpy(features.features, stem + kNumpy));
    RETURN_IF_ERROR(
        WriteNpy(features.labels, absl::StrCat(stem, ".labels", kNumpy)));
    return WriteNpy(features.index, absl::StrCat(stem, ".index", kNumpy));
  }
  TensorFile file;
  file.tensors = {{"features", features.features},
                  {"labels", features.labels},
                  {"index", features.index}};
  file.metadata = {{"checkpoint", subject.path},
                   {"step", absl::StrCat(subject.step)},
                   {"split", split}};
  return WriteTensorFile(file, stem + kSafetensors);
}

}  // namespace

absl::Status RunExtract(const EvalCommand& command, const ExtractTarget& target,
                        std::ostream& out) {
  ASSIGN_OR_RETURN(const Split split, SplitOf(target.split));
  ASSIGN_OR_RETURN(const std::string stem, StemOf(target.file));
  ASSIGN_OR_RETURN(const Subject subject, OpenSubject(command));
  const ExperimentSpec& spec = subject.spec;
  ASSIGN_OR_RETURN(const std::unique_ptr<Source> source,
                   OpenSource(spec.data(), split));
  ASSIGN_OR_RETURN(
      const Features features,
      ExtractFeatures(*subject.encoder, *source, spec.augmentation(),
                      EvalLoading(spec.data(), spec.evaluation().batch())));
  const bool numpy = absl::EndsWith(target.file, kNumpy);
  RETURN_IF_ERROR(Write(subject, features, target.split, stem, numpy));
  RETURN_IF_ERROR(WriteFileAtomically(
      stem + ".json", Description(subject, *source, target.split, features)));
  out << absl::StrFormat(
      "%s\n"
      "%d features of %d %s images%s\n%s%s\n%s.json  the images' names, and "
      "the "
      "classes'\n",
      DescribeSubject(subject), features.features.size(1),
      features.features.size(0), target.split,
      features.broken == 0
          ? ""
          : absl::StrFormat(" (%d could not be read)", features.broken),
      stem, numpy ? ".npy, .labels.npy, .index.npy" : kSafetensors, stem);
  return absl::OkStatus();
}

}  // namespace snclr
