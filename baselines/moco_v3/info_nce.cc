// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/info_nce.h"

#include <ATen/TensorOperators.h>
#include <c10/util/Exception.h>

#include "snclr/core/ops/streaming_log_sum_exp.h"

namespace snclr {

at::Tensor InfoNceLoss(const at::Tensor& unit_queries,
                       const at::Tensor& unit_keys_global,
                       const InfoNceOptions& options) {
  TORCH_CHECK(unit_queries.dim() == 2 && unit_keys_global.dim() == 2 &&
                  unit_queries.size(1) == unit_keys_global.size(1),
              "InfoNceLoss: queries [B, D] and keys [W B, D] wanted; got ",
              unit_queries.sizes(), " and ", unit_keys_global.sizes());
  const int64_t batch = unit_queries.size(0);
  TORCH_CHECK(options.rank >= 0 &&
                  (options.rank + 1) * batch <= unit_keys_global.size(0),
              "InfoNceLoss: rank ", options.rank, " of ", batch,
              " queries has no keys among ", unit_keys_global.size(0));
  const double temperature = options.temperature;
  const at::Tensor log_z = StreamingLogSumExp(
      unit_queries, unit_keys_global, {temperature, options.block});  // [B]
  const at::Tensor own_keys =
      unit_keys_global.detach().narrow(0, options.rank * batch, batch);
  const at::Tensor positives =
      (unit_queries * own_keys).sum(1) / temperature;  // [B]
  return (log_z - positives).mean() * (2 * temperature);
}

}  // namespace snclr
