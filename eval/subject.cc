// SPDX-License-Identifier: MIT
#include "eval/subject.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/proto/spec.h"
#include "experiments/tracker/record_evaluation.h"
#include "experiments/tracker/tracker.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/restore.h"
#include "experiments/trainer/threads.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/device.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

// The folder of the run that a checkpoint (or a run folder) lies in, absolute;
// empty where that is no run's.
std::string RunFolderOf(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::weakly_canonical(fs::absolute(path, error), error);
  if (!fs::is_directory(folder, error)) folder = folder.parent_path();
  if (!folder.has_filename()) folder = folder.parent_path();
  return IsRunFolder(folder.string()) ? folder.string() : "";
}

// The checkpoint's own spec, with defaults of fields that are newer than it.
absl::StatusOr<ExperimentSpec> SpecOf(const Checkpoint& checkpoint,
                                      const std::string& path) {
  ExperimentSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(checkpoint.spec, &spec)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": its spec has fields that this program does not know"));
  }
  return ResolveSpec(std::move(spec), path);
}

absl::StatusOr<ExperimentSpec> Change(ExperimentSpec spec,
                                      const std::string& path,
                                      const EvalCommand& command) {
  if (!command.data.empty()) {
    DataSpec& data = *spec.mutable_data();
    data.mutable_image_folder()->Clear();
    data.mutable_image_folder()->set_root(command.data);
    data.clear_train_images();
    data.clear_test_images();
  }
  return ChangeSpec(std::move(spec), path, command.assignments);
}

// Whether both name the same images.
bool IsSameData(const DataSpec& a, const DataSpec& b) {
  ExperimentSpec specs[2];
  *specs[0].mutable_data() = a;
  *specs[1].mutable_data() = b;
  for (ExperimentSpec& spec : specs) {
    spec.mutable_data()->clear_global_batch();
    spec.mutable_data()->clear_workers();
    spec.mutable_data()->clear_prefetch_batches();
    spec.mutable_data()->clear_resident_gib();
    spec.mutable_data()->clear_jpeg_decoder();
    spec.mutable_data()->clear_max_broken_images();
  }
  return DiffSpecs(specs[0], specs[1]).empty();
}

std::string FolderName(const std::string& path) {
  const fs::path folder = fs::path(UserPath(path)).lexically_normal();
  return (folder.has_filename() ? folder : folder.parent_path())
      .filename()
      .string();
}

std::string DataName(const DataSpec& data) {
  std::string name = "procedural";
  if (data.has_image_folder()) name = FolderName(data.image_folder().root());
  if (data.has_cifar()) name = FolderName(data.cifar().root());
  if (data.has_webdataset()) {
    name = FolderName(
        fs::path(data.webdataset().train_shards()).parent_path().string());
  }
  if (!data.has_train_images() && !data.has_test_images()) return name;
  const auto number = [](bool is_set, int64_t images) {
    return is_set ? absl::StrCat(images) : "all";
  };
  return absl::StrCat(name, "-",
                      number(data.has_train_images(), data.train_images()), "x",
                      number(data.has_test_images(), data.test_images()));
}

}  // namespace

std::string DescribeSubject(const Subject& subject) {
  return subject.origin.empty()
             ? absl::StrCat(subject.path, ", trained for ", subject.step,
                            " steps")
             : absl::StrCat(subject.path, ", imported from ", subject.origin);
}

absl::StatusOr<Subject> OpenSubject(const EvalCommand& command) {
  Subject subject;
  ASSIGN_OR_RETURN(subject.path,
                   FindCheckpoint(command.checkpoint, command.out));
  std::vector<std::string> damaged;
  ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                   ReadFileOrRun(subject.path, &damaged));
  for (const std::string& line : damaged) LOG(WARNING) << line;
  subject.run_folder = RunFolderOf(subject.path);
  subject.step = checkpoint.step;
  subject.origin = checkpoint.origin;
  subject.spec_hash = checkpoint.spec_hash;
  ASSIGN_OR_RETURN(const ExperimentSpec trained,
                   SpecOf(checkpoint, subject.path));
  ASSIGN_OR_RETURN(subject.spec, Change(trained, subject.path, command));
  if (!IsSameData(trained.data(), subject.spec.data())) {
    subject.metric_prefix =
        absl::StrCat("transfer/", DataName(subject.spec.data()), "/");
  }
  RETURN_IF_ERROR(CheckSameEncoder(checkpoint, subject.spec.encoder()));
  SetMathThreads(subject.spec.parallelism().threads());
  ASSIGN_OR_RETURN(subject.encoder, EncoderOf(checkpoint));
  ASSIGN_OR_RETURN(const DeviceChoice choice,
                   ParseDeviceChoice(command.device));
  ASSIGN_OR_RETURN(const ComputeDevice device, OpenDevice(choice));
  if (!device.note.empty()) LOG(WARNING) << device.note;
  RETURN_IF_ERROR(CatchTorch([&] {
    if (!device.device.is_cpu()) subject.encoder->to(device.device);
    return absl::OkStatus();
  })) << "moving the encoder to its device";
  return subject;
}

absl::Status RecordFor(const Subject& subject, const EvalCommand& command,
                       const std::vector<MetricValue>& metrics,
                       const std::string& how, std::ostream& out) {
  if (subject.run_folder.empty()) {
    out << "not recorded: " << subject.path << " lies in no run's folder\n";
    return absl::OkStatus();
  }
  EvaluationRecord record;
  record.run_folder = subject.run_folder;
  record.spec_hash = subject.spec_hash;
  record.step = subject.step;
  for (const MetricValue& metric : metrics) {
    record.metrics.push_back(
        {subject.metric_prefix + metric.name, metric.value});
  }
  std::vector<std::string> parts;
  for (const MetricValue& metric : record.metrics) {
    parts.push_back(absl::StrCat(metric.name, " ", metric.value));
  }
  record.note = absl::StrCat(absl::StrJoin(parts, ", "), ": ", how);
  const std::string out_folder =
      fs::path(subject.run_folder).parent_path().parent_path().string();
  const std::string db = command.db.empty() ? DefaultTrackerPath(out_folder)
                                            : UserPath(command.db);
  const auto run = RecordEvaluation(db, record);
  if (absl::IsNotFound(run.status()) ||
      absl::IsFailedPrecondition(run.status())) {
    out << "not recorded: " << run.status().message() << "\n";
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(run.status()) << "recording the result";
  parts.clear();
  for (const MetricValue& metric : record.metrics) {
    parts.push_back(metric.name);
  }
  out << "recorded at step " << subject.step << " of " << *run << ": "
      << absl::StrJoin(parts, ", ") << "\n";
  return absl::OkStatus();
}

}  // namespace snclr
