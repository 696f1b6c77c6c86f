// SPDX-License-Identifier: MIT
#include "experiments/trainer/totals.h"

#include <sys/resource.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"

namespace snclr {
namespace {

// Where the run's numbers go.
class Last {
 public:
  Last(const Learner& learner, Journal& journal)
      : step_(learner.steps_done()),
        epoch_(learner.schedule().Epoch(step_)),
        journal_(journal) {}

  void Metrics(const char* group, const std::vector<MetricValue>& values) {
    journal_.Metrics(group, step_, epoch_, values);
  }
  void Note(const std::string& text) { journal_.Note(step_, text); }

 private:
  const int64_t step_;
  const double epoch_;
  Journal& journal_;
};

// An accuracy or a loss over fewer images than it seems must say so.
absl::Status TellBrokenImages(const Loader& loader, ProcessGroup& group,
                              Last& last) {
  ASSIGN_OR_RETURN(
      const auto of_ranks,
      TextsOfAll(absl::StrJoin(loader.broken_images(), ","), group));
  // In different epochs different ranks meet one.
  std::set<std::string> images;
  for (const std::string& indices : of_ranks) {
    for (const auto& index : absl::StrSplit(indices, ',', absl::SkipEmpty())) {
      images.emplace(index);
    }
  }
  if (images.empty()) return absl::OkStatus();
  last.Metrics("data", {{"broken_images", static_cast<double>(images.size())}});
  last.Note(absl::StrCat(images.size(),
                         " training images could not be read; others took "
                         "their place, and an evaluation leaves such out"));
  return absl::OkStatus();
}

absl::Status TellRefusedJpegs(const Loader& loader, ProcessGroup& group,
                              Last& last) {
  ASSIGN_OR_RETURN(
      const auto of_ranks,
      TextsOfAll(absl::StrCat(loader.facts().refused_jpegs), group));
  int64_t refused = 0;
  for (const std::string& count : of_ranks) refused += std::stoll(count);
  if (!loader.facts().decodes) return absl::OkStatus();
  last.Metrics("data", {{"refused_jpegs", static_cast<double>(refused)}});
  if (refused == 0) return absl::OkStatus();
  last.Note(absl::StrCat(refused,
                         " times the CPU decoded a JPEG that nvJPEG refused"));
  return absl::OkStatus();
}

void RecordPeakMemory(bool on_gpu, Last& last) {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  std::vector<MetricValue> values = {
      {"peak_memory_mib", usage.ru_maxrss / 1024.0}};
  if (on_gpu) {
    const absl::Status known = CatchTorch([&] {
      values.push_back({"peak_gpu_memory_mib",
                        static_cast<double>(GpuMemoryNow().peak) / (1 << 20)});
      return absl::OkStatus();
    });
    if (!known.ok()) last.Note(std::string(known.message()));
  }
  last.Metrics("cost", values);
}

}  // namespace

absl::Status TellTotals(const ExperimentSpec& spec, Learner& learner,
                        const Loader& loader, ProcessGroup& group,
                        Journal& journal) {
  Last last(learner, journal);
  RETURN_IF_ERROR(TellBrokenImages(loader, group, last));
  if (spec.data().jpeg_decoder() == NVJPEG) {
    RETURN_IF_ERROR(TellRefusedJpegs(loader, group, last));
  }
  RecordPeakMemory(learner.device().is_cuda(), last);
  return absl::OkStatus();
}

}  // namespace snclr
