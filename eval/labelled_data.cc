// SPDX-License-Identifier: MIT
#include "eval/labelled_data.h"

#include <ATen/ops/tensor.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/sources/open_source.h"
#include "eval/features.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

absl::StatusOr<std::vector<int64_t>> MatchClasses(const Source& train,
                                                  const Source& test) {
  std::map<std::string, int64_t> number;
  for (const std::string& name : train.class_names()) {
    number.emplace(name, number.size());
  }
  std::vector<int64_t> match;
  for (const std::string& name : test.class_names()) {
    const auto found = number.find(name);
    match.push_back(found == number.end() ? -1 : found->second);
  }
  for (int64_t i = 0; i < test.size(); ++i) {
    const int64_t label = test.label(i);
    if (label == kUnlabelled || match[label] >= 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "class '", test.class_names()[label],
        "' has test images and no training images; it could never be found"));
  }
  return match;
}

}  // namespace

absl::StatusOr<LabelledData> OpenLabelledData(const DataSpec& data) {
  if (data.has_webdataset() && !data.webdataset().has_test_shards()) {
    return absl::FailedPreconditionError(
        "no accuracy: data.webdataset.test_shards is not set");
  }
  LabelledData opened;
  ASSIGN_OR_RETURN(opened.train, OpenSource(data, Split::kTrain));
  if (opened.train->class_names().empty()) {
    return absl::FailedPreconditionError(
        "no accuracy: the training images have no labels (put them into one "
        "folder per class to have them)");
  }
  ASSIGN_OR_RETURN(opened.test, OpenSource(data, Split::kTest));
  if (opened.test->class_names().empty()) {
    return absl::FailedPreconditionError(
        "no accuracy: the test images have no labels");
  }
  ASSIGN_OR_RETURN(opened.train_class_of_test_class,
                   MatchClasses(*opened.train, *opened.test));
  return opened;
}

absl::StatusOr<LabelledFeatures> ExtractLabelled(Encoder& encoder,
                                                 const LabelledData& data,
                                                 Split split,
                                                 const AugmentationSpec& views,
                                                 const EvalOptions& loading) {
  const bool is_train = split == Split::kTrain;
  ASSIGN_OR_RETURN(const Features all,
                   ExtractFeatures(encoder, is_train ? *data.train : *data.test,
                                   views, loading));
  LabelledFeatures known;
  RETURN_IF_ERROR(CatchTorch([&] {
    const auto kept = all.labels.ne(kUnlabelled).nonzero().flatten();
    known.features = all.features.index_select(0, kept);
    known.labels = all.labels.index_select(0, kept);
    known.index = all.index.index_select(0, kept);
    if (!is_train) {
      known.labels = at::tensor(data.train_class_of_test_class)
                         .index_select(0, known.labels);
    }
    return absl::OkStatus();
  }));
  return known;
}

EvalOptions EvalLoading(const DataSpec& data, int64_t batch) {
  EvalOptions options;
  options.batch = batch;
  options.workers = data.workers();
  options.max_broken_images = data.max_broken_images();
  return options;
}

}  // namespace snclr
