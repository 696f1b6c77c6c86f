// SPDX-License-Identifier: MIT
#include "snclr/core/dist/gather_with_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>

namespace snclr {
namespace {

class GatherFunction : public torch::autograd::Function<GatherFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& local, int64_t group) {
    context->saved_data["group"] = group;
    return reinterpret_cast<ProcessGroup*>(group)->AllGather(local);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    auto& group =
        *reinterpret_cast<ProcessGroup*>(context->saved_data["group"].toInt());
    // A copy: the gradient may be another function's too.
    at::Tensor sum = gradients[0].clone(at::MemoryFormat::Contiguous);
    group.AllReduceSum(sum);
    const int64_t rows = sum.size(0) / group.size();
    return {sum.narrow(0, group.rank() * rows, rows), at::Tensor()};
  }
};

}  // namespace

at::Tensor GatherWithGradient(const at::Tensor& local, ProcessGroup& group) {
  if (group.size() == 1) return local;
  return GatherFunction::apply(local.contiguous(),
                               reinterpret_cast<int64_t>(&group));
}

}  // namespace snclr
