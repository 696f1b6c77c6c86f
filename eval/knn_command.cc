// SPDX-License-Identifier: MIT
#include "eval/knn_command.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/knn_evaluation.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/restore.h"
#include "experiments/trainer/threads.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {
namespace {

absl::StatusOr<std::string> FindCheckpoint(const KnnCommand& command) {
  if (command.checkpoint.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint is missing: a checkpoint file, a run folder, or a run "
        "such "
        "as quickstart/001");
  }
  const std::string path = UserPath(command.checkpoint);
  const std::string run =
      absl::StrCat(UserPath(command.out), "/", command.checkpoint);
  for (const std::string& place : {path, run}) {
    std::error_code error;
    if (std::filesystem::exists(place, error)) return place;
  }
  return absl::NotFoundError(absl::StrCat("no checkpoint '", command.checkpoint,
                                          "': neither ", path, " nor ", run,
                                          " is there"));
}

// The checkpoint's spec with what the command changes.
absl::StatusOr<ExperimentSpec> SpecOf(const Checkpoint& checkpoint,
                                      const std::string& path,
                                      const KnnCommand& command) {
  ExperimentSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(checkpoint.spec, &spec)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": its spec has fields that this program does not know"));
  }
  if (!command.data.empty()) {
    DataSpec& data = *spec.mutable_data();
    data.mutable_image_folder()->Clear();
    data.mutable_image_folder()->set_root(command.data);
    data.clear_train_images();
    data.clear_test_images();
  }
  return ChangeSpec(std::move(spec), path, command.assignments);
}

void Print(const Checkpoint& checkpoint, const std::string& path,
           const ExperimentSpec& spec, const KnnEvaluation& knn,
           const KnnResult& result, std::ostream& out) {
  const int64_t classes = knn.train().class_names().size();
  out << absl::StrFormat(
      "%s, trained for %d steps\n"
      "k-NN top-1 %.2f %%, top-5 %.2f %%  (%d classes: chance is %.3g %%)\n"
      "k = %d, T = %g; n = %d test images, by %d training images\n",
      path, checkpoint.step, result.top1, result.top5, classes, 100.0 / classes,
      result.neighbors, spec.evaluation().knn().temperature(),
      result.test_images, result.train_images);
}

}  // namespace

absl::Status RunKnn(const KnnCommand& command, std::ostream& out) {
  ASSIGN_OR_RETURN(const std::string path, FindCheckpoint(command));
  std::vector<std::string> damaged;
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadFileOrRun(path, &damaged));
  for (const std::string& line : damaged) LOG(WARNING) << line;
  ASSIGN_OR_RETURN(const ExperimentSpec spec,
                   SpecOf(checkpoint, path, command));
  RETURN_IF_ERROR(CheckSameEncoder(checkpoint, spec.encoder()));
  SetMathThreads(spec.parallelism().threads());
  ASSIGN_OR_RETURN(const std::shared_ptr<Encoder> encoder,
                   EncoderOf(checkpoint));
  const KnnSpec& options = spec.evaluation().knn();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<KnnEvaluation> knn,
      KnnEvaluation::Create(spec.data(), spec.augmentation(),
                            {options.neighbors(), options.temperature()},
                            spec.evaluation().batch()));
  ASSIGN_OR_RETURN(const KnnResult result, knn->Run(*encoder));
  Print(checkpoint, path, spec, *knn, result, out);
  return absl::OkStatus();
}

}  // namespace snclr
