// SPDX-License-Identifier: MIT
#include "experiments/trainer/result_facts.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

std::string KnnLine(const std::map<std::string, double>& results,
                    const std::string& before_training) {
  const auto after = results.find("knn_top1");
  if (after == results.end()) return "";
  const auto before = results.find("knn_top1_untrained");
  if (before == results.end()) return absl::StrFormat("%.1f %%", after->second);
  return absl::StrFormat("%.1f %% %s -> %.1f %% (%+.1f points)", before->second,
                         before_training, after->second,
                         after->second - before->second);
}

}  // namespace

std::string ResultTitle(const TrainResult& result, const RunCost& cost) {
  return absl::StrCat(result.finished ? "Finished" : "Stopped", " after ",
                      FormatCount(result.step),
                      result.finished
                          ? ""
                          : absl::StrCat(" of ", FormatCount(cost.total_steps)),
                      " steps: ", result.run, ", weights ", result.weights);
}

Facts ResultFacts(const TrainResult& result, const RunCost& cost,
                  const ExperimentSpec& spec, const TrainOptions& options) {
  Facts facts;
  const std::string knn = KnnLine(result.results, BeforeTraining(spec));
  if (!knn.empty()) facts.emplace_back("k-NN top-1", knn);
  facts.emplace_back("time", absl::StrCat(FormatTime(cost.time), ", ",
                                          FormatSpeed(cost.images_per_second),
                                          " images/s while training"));
  if (!cost.checkpoint.empty()) {
    facts.emplace_back("checkpoint", ShortPath(cost.checkpoint));
  }
  if (!result.finished) {
    facts.emplace_back("to go on",
                       result.signal != 0
                           ? "the same command again"
                           : "the same command without --max_steps");
  }
  facts.emplace_back("curves",
                     absl::StrCat("tensorboard --logdir=",
                                  ShellQuoted(ShortPath(options.out))));
  const std::string db = ShortPath(options.db);
  facts.emplace_back(
      "all runs",
      absl::StrCat(
          "tools/bazel run //tools:compare -- --metric=knn_top1",
          db == "runs/tracker.sqlite" ? "" : " --db=" + ShellQuoted(db)));
  return facts;
}

}  // namespace snclr
