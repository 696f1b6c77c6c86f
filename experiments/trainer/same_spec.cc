// SPDX-License-Identifier: MIT
#include "experiments/trainer/same_spec.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "experiments/proto/spec.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/dist/agree.h"

namespace snclr {
namespace {

// Of a machine, not of the run.
constexpr absl::string_view kLocal[] = {
    "data.cifar.root",
    "data.image_folder.root",
    "data.image_folder.test_folder",
    "data.image_folder.train_folder",
    "data.prefetch_batches",
    "data.resident_gib",
    "data.webdataset.test_shards",
    "data.webdataset.train_shards",
    "data.workers",
    "initial_weights.file",
    "parallelism.master_address",
    "parallelism.master_port",
    "parallelism.threads",
};

bool IsLocal(absl::string_view difference) {
  for (const absl::string_view path : kLocal) {
    if (absl::StartsWith(difference, absl::StrCat(path, ": "))) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckSameSpec(const ExperimentSpec& spec, ProcessGroup& group) {
  ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                   TextsOfAll(SpecToText(spec), group));
  ExperimentSpec first;
  if (!google::protobuf::TextFormat::ParseFromString(texts[0], &first)) {
    return absl::InternalError("rank 0's spec cannot be read");
  }
  for (size_t rank = 1; rank < texts.size(); ++rank) {
    if (texts[rank] == texts[0]) continue;
    ExperimentSpec other;
    if (!google::protobuf::TextFormat::ParseFromString(texts[rank], &other)) {
      return absl::InternalError(
          absl::StrCat("the spec of rank ", rank, " cannot be read"));
    }
    std::vector<std::string> differences;
    for (const std::string& difference : DiffSpecs(first, other)) {
      if (!IsLocal(difference)) differences.push_back(difference);
    }
    if (differences.empty()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the ranks have different specs, ", group.NameOf(0),
                     " -> ", group.NameOf(static_cast<int64_t>(rank)), ": ",
                     absl::StrJoin(differences, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace snclr
