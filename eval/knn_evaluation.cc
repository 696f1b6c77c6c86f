// SPDX-License-Identifier: MIT
#include "eval/knn_evaluation.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/sources/open_source.h"
#include "eval/features.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// For each class of `test`, its number among `train`'s; -1 for a class that has
// neither training nor test images.
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
    return absl::InvalidArgumentError(
        absl::StrCat("class '", test.class_names()[label],
                     "' has test images and no "
                     "training images; k-NN could never find it"));
  }
  return match;
}

struct Labelled {
  at::Tensor features;
  at::Tensor labels;
};

// A sample without a label among labelled ones (a shard may have them) has
// nothing to say about accuracy.
Labelled OnlyLabelled(const Features& all) {
  const auto kept = all.labels.ne(kUnlabelled).nonzero().flatten();
  return {all.features.index_select(0, kept), all.labels.index_select(0, kept)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<KnnEvaluation>> KnnEvaluation::Create(
    const DataSpec& data, const AugmentationSpec& augmentation,
    const KnnOptions& knn, int64_t batch) {
  if (data.has_webdataset() && !data.webdataset().has_test_shards()) {
    return absl::FailedPreconditionError(
        "no k-NN accuracy: data.webdataset.test_shards is not set");
  }
  std::unique_ptr<KnnEvaluation> made(new KnnEvaluation);
  ASSIGN_OR_RETURN(made->train_, OpenSource(data, Split::kTrain));
  if (made->train_->class_names().empty()) {
    return absl::FailedPreconditionError(
        "no k-NN accuracy: the training images have no labels (put them into "
        "one "
        "folder per class to have them)");
  }
  ASSIGN_OR_RETURN(made->test_, OpenSource(data, Split::kTest));
  if (made->test_->class_names().empty()) {
    return absl::FailedPreconditionError(
        "no k-NN accuracy: the test images have no labels");
  }
  if (made->train_->size() < knn.neighbors) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN with ", knn.neighbors,
                     " neighbors needs as many training images; there are ",
                     made->train_->size(), " (evaluation.knn.neighbors)"));
  }
  ASSIGN_OR_RETURN(made->train_class_of_test_class_,
                   MatchClasses(*made->train_, *made->test_));
  made->augmentation_ = augmentation;
  made->knn_ = knn;
  made->loading_.batch = batch;
  made->loading_.workers = data.workers();
  made->loading_.max_broken_images = data.max_broken_images();
  return made;
}

absl::StatusOr<KnnResult> KnnEvaluation::Run(Encoder& encoder) const {
  ASSIGN_OR_RETURN(const Features train,
                   ExtractFeatures(encoder, *train_, augmentation_, loading_));
  ASSIGN_OR_RETURN(const Features test,
                   ExtractFeatures(encoder, *test_, augmentation_, loading_));
  const Labelled known = OnlyLabelled(train);
  Labelled asked = OnlyLabelled(test);
  asked.labels =
      at::tensor(train_class_of_test_class_).index_select(0, asked.labels);
  return WeightedKnn(known.features, known.labels, asked.features, asked.labels,
                     static_cast<int64_t>(train_->class_names().size()), knn_);
}

}  // namespace snclr
