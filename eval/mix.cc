// SPDX-License-Identifier: MIT
#include "eval/mix.h"

#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <c10/util/Exception.h>

namespace snclr {

at::Tensor MixImages(const at::Tensor& images, const Mix& mix) {
  TORCH_CHECK(images.dim() == 4, "wanted images [B, 3, S, S], got ",
              images.sizes());
  if (mix.own == 1) return images;
  const at::Tensor partners = images.flip({0});
  if (!mix.is_cutmix) {
    return images.mul(mix.own).add(partners, /*alpha=*/1 - mix.own);
  }
  const auto box = [&](const at::Tensor& of) {
    return of.narrow(2, mix.top, mix.height).narrow(3, mix.left, mix.width);
  };
  const at::Tensor mixed = images.clone();
  box(mixed).copy_(box(partners));
  return mixed;
}

at::Tensor MixTargets(const at::Tensor& labels, int64_t classes, double own,
                      double smoothing) {
  TORCH_CHECK(labels.dim() == 1, "wanted labels [B], got ", labels.sizes());
  const double off = smoothing / static_cast<double>(classes);
  const at::Tensor targets = at::full({labels.size(0), classes}, off,
                                      labels.options().dtype(at::kFloat));
  targets.scatter_(1, labels.unsqueeze(1), 1 - smoothing + off);
  if (own == 1) return targets;
  return targets.mul(own).add(targets.flip({0}), /*alpha=*/1 - own);
}

at::Tensor SoftCrossEntropy(const at::Tensor& logits,
                            const at::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(), "logits ",
              logits.sizes(), " and targets ", targets.sizes());
  return at::log_softmax(logits, 1).mul(targets).sum(1).mean().neg();
}

}  // namespace snclr
