// SPDX-License-Identifier: MIT
#include "eval/knn.h"

#include <c10/util/Exception.h>

#include "tools/conformance/cases.h"

namespace snclr {
namespace {

// Cosines in float32, divided by the temperature and exponentiated.
constexpr double kScores = 1e-5;
constexpr double kPercent = 1e-9;

}  // namespace

void CheckKnn(const GoldenFile& golden, Verdict& verdict) {
  const KnnOptions options{golden.Int("k"), golden.Double("temperature")};
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const std::string precision = dtype == at::kFloat ? " float32" : " float64";
    const auto scores = KnnScores(golden.Tensor("in.train_features").to(dtype),
                                  golden.Tensor("in.train_labels"),
                                  golden.Tensor("in.test_features").to(dtype),
                                  golden.Int("classes"), options);
    TORCH_CHECK(scores.ok(), scores.status().ToString());
    verdict.CompareElements("scores" + precision, *scores,
                            golden.Tensor("out64.scores"), kScores);
    verdict.CompareExactly("predicted" + precision, scores->argmax(1),
                           golden.Tensor("out.predicted"));
    const auto accuracy =
        AccuracyOfScores(*scores, golden.Tensor("in.test_labels"));
    TORCH_CHECK(accuracy.ok(), accuracy.status().ToString());
    verdict.Compare("top1" + precision, accuracy->top1, golden.Double("top1"),
                    {0, kPercent});
    // With fewer neighbours than five the published code counts so many.
    if (options.neighbors < 5) continue;
    verdict.Compare("top5" + precision, accuracy->top5, golden.Double("top5"),
                    {0, kPercent});
  }
}

}  // namespace snclr
