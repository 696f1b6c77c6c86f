// SPDX-License-Identifier: MIT
// Claim: an epoch of ten million images starts in under 5 seconds and 1 GB.
// From names of files to the first batch's paths: the list, a tenth of every
// class held out, and the epoch's order; for data sets of growing size, whose
// names are made up. And the same through a folder that is there, with the
// digest of all its files that a run records.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "data/data.pb.h"
#include "data/order.h"
#include "data/source.h"
#include "data/sources/file_list.h"
#include "data/sources/open_source.h"
#include "data/sources/stratified.h"
#include "gflags/gflags.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

DEFINE_int64(files, 10000000, "names of the largest imagined data set");
DEFINE_int64(real_files, 100000, "empty files that are made; 0: none");
DEFINE_int32(classes, 1000, "class folders");

namespace snclr {
namespace {

constexpr int64_t kFirstBatch = 4096;
constexpr double kHeldOut = 0.1;

// One thread does the work: what a core that is free takes.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * time.tv_nsec;
}

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The most memory that the process ever had.
double PeakMib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024.0;
}

// As ImageNet has them: n01440764/n01440764_10026.JPEG.
std::string FolderName(int64_t label) {
  return absl::StrFormat("n%08d", 1440764 + 997 * label);
}
std::string FileName(int64_t label, int64_t number) {
  return absl::StrFormat("%s_%d.JPEG", FolderName(label), number);
}

// The paths of the first batch; their length, so that none is left out.
template <typename PathOf>
int64_t FirstBatch(int64_t size, PathOf path_of) {
  const Order order = EpochOrder(size, /*seed=*/1, /*epoch=*/0);
  int64_t characters = 0;
  for (int64_t i = 0; i < std::min(kFirstBatch, size); ++i) {
    characters += path_of(order[i]).size();
  }
  return characters;
}

void MeasureImagined(int64_t total) {
  const int64_t of_class = total / FLAGS_classes;
  std::vector<std::string> names(of_class);
  FileList files;
  double listing = 0;
  for (int64_t label = 0; label < FLAGS_classes; ++label) {
    for (int64_t i = 0; i < of_class; ++i) names[i] = FileName(label, i);
    const double start = CpuSeconds();
    files.AddNames(absl::StrCat("/data/train/", FolderName(label)), label,
                   names);
    listing += CpuSeconds() - start;
  }
  const double start = CpuSeconds();
  const auto label = [&](int64_t i) { return files.label(i); };
  std::vector<int64_t> quotas =
      CountByClass(files.size(), FLAGS_classes, label);
  for (int64_t& n : quotas) n = static_cast<int64_t>(n * kHeldOut);
  std::vector<bool> kept =
      ChooseByClass(files.size(), quotas, label, SubsetPurpose::kHoldout);
  kept.flip();
  files.Keep(kept);
  const double chosen = CpuSeconds();
  const int64_t characters =
      FirstBatch(files.size(), [&](int64_t i) { return files.path(i); });
  const double ordered = CpuSeconds();
  std::printf(
      "names=%d kept=%d list_cpu_s=%.3f hold_out_cpu_s=%.3f "
      "first_batch_cpu_s=%.4f"
      " total_cpu_s=%.3f peak_mib=%.0f characters=%d\n",
      static_cast<int>(total), static_cast<int>(files.size()), listing,
      chosen - start, ordered - chosen, listing + ordered - start, PeakMib(),
      static_cast<int>(characters));
}

absl::Status MeasureReal(int64_t total) {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / "snclr_epoch_start";
  std::filesystem::remove_all(root);
  const int64_t of_class = std::max<int64_t>(total / FLAGS_classes, 1);
  for (int64_t label = 0; label < FLAGS_classes; ++label) {
    const std::filesystem::path folder = root / "train" / FolderName(label);
    std::filesystem::create_directories(folder);
    for (int64_t i = 0; i < of_class; ++i) {
      std::ofstream(folder / FileName(label, i));
    }
  }
  DataSpec spec;
  spec.mutable_image_folder()->set_root(root.string());
  spec.mutable_image_folder()->set_holdout_fraction(kHeldOut);
  const double start = Now();
  ASSIGN_OR_RETURN(const auto source, OpenSource(spec, Split::kTrain));
  const double opened = Now();
  const std::string digest = source->fingerprint();
  const double known = Now();
  FirstBatch(source->size(), [&](int64_t i) { return source->name(i); });
  std::printf(
      "files=%d kept=%d open_s=%.3f fingerprint_s=%.3f first_batch_s=%.4f"
      " fingerprint=%s\n",
      static_cast<int>(of_class * FLAGS_classes),
      static_cast<int>(source->size()), opened - start, known - opened,
      Now() - known, digest.c_str());
  std::filesystem::remove_all(root);
  return absl::OkStatus();
}

absl::Status Run() {
  if (FLAGS_classes < 1 || FLAGS_files < FLAGS_classes) {
    return absl::InvalidArgumentError(
        "--files must be at least --classes, and that at least 1");
  }
  if (FLAGS_real_files > 0) {
    RETURN_IF_ERROR(MeasureReal(FLAGS_real_files));
  }
  for (int64_t total = FLAGS_files / 100; total <= FLAGS_files; total *= 10) {
    if (total >= FLAGS_classes) MeasureImagined(total);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Times the start of an epoch against the size of the data set.", {}, argc,
      argv);
  return snclr::ExitStatus(snclr::Run());
}
