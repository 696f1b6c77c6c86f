// SPDX-License-Identifier: MIT
#include "eval/knn_command.h"

#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "eval/knn_evaluation.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::Status RunKnn(const EvalCommand& command, std::ostream& out) {
  ASSIGN_OR_RETURN(const Subject subject, OpenSubject(command));
  const ExperimentSpec& spec = subject.spec;
  const KnnSpec& options = spec.evaluation().knn();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<KnnEvaluation> knn,
      KnnEvaluation::Create(spec.data(), spec.augmentation(),
                            {options.neighbors(), options.temperature()},
                            spec.evaluation().batch()));
  ASSIGN_OR_RETURN(const KnnResult result, knn->Run(*subject.encoder));
  const int64_t classes = knn->train().class_names().size();
  const std::string how = absl::StrFormat(
      "k = %d, T = %g; n = %d test images, by %d training images",
      result.neighbors, options.temperature(), result.test_images,
      result.train_images);
  out << absl::StrFormat(
      "%s\n"
      "k-NN top-1 %.2f %%, top-5 %.2f %%  (%d classes: chance is %.3g %%)\n"
      "%s\n",
      DescribeSubject(subject), result.top1, result.top5, classes,
      100.0 / classes, how);
  return RecordFor(
      subject, command,
      {{"knn_top1_eval", result.top1}, {"knn_top5_eval", result.top5}},
      "k-NN, " + how, out);
}

}  // namespace snclr
