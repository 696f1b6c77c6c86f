// SPDX-License-Identifier: MIT
// What the tests of the whole command share: runs in a tracker of their own,
// and what is shown of them.
#ifndef TOOLS_COMPARE_COMPARE_TESTING_H_
#define TOOLS_COMPARE_COMPARE_TESTING_H_

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"
#include "tools/compare/compare.h"

namespace snclr {

using Json = nlohmann::json;

struct Shown {
  absl::Status status;
  std::string out;
  std::string notes;

  Json Rows() const { return Json::parse(out); }
};

class CompareTest : public ::testing::Test {
 protected:
  void SetUp() override { out_ = TestFolder(); }

  // A run whose k-NN accuracies are `top1`, one a step.
  void AddRun(const std::string& id, const std::string& method, uint64_t seed,
              const std::vector<double>& top1,
              RunStatus status = RunStatus::kFinished,
              const std::map<std::string, std::string>& parameters = {}) {
    RunInfo info = TestRun(out_, "quick", id);
    info.method = method;
    info.seed = seed;
    info.parameters["seed"] = absl::StrCat(seed);
    info.parameters["tracking.every_steps"] = id;  // no matter for the numbers
    info.parameters[method + ".temperature"] = "0.2";
    for (const auto& [path, value] : parameters) info.parameters[path] = value;
    auto recorder =
        StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    for (size_t i = 0; i < top1.size(); ++i) {
      (*recorder)->Metrics(i, i, {{"knn_top1", top1[i]}, {"loss", -top1[i]}});
    }
    ASSERT_OK((*recorder)->Finish(status, ""));
  }

  Shown Compare(CompareOptions options) {
    if (options.db_path.empty()) options.db_path = DefaultTrackerPath(out_);
    std::ostringstream out, notes;
    const absl::Status status = RunCompare(options, out, notes);
    return {status, out.str(), notes.str()};
  }

  static CompareOptions Options(const std::string& metric,
                                const std::string& group_by,
                                const std::string& format = "json") {
    CompareOptions options;
    options.metrics = {metric};
    options.group_by = group_by;
    options.format = format;
    return options;
  }

  std::string out_;
};

}  // namespace snclr

#endif  // TOOLS_COMPARE_COMPARE_TESTING_H_
