// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gradient_sum.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

namespace snclr {

class GradientSum::Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientSum& sum, size_t bucket) : sum_(sum), bucket_(bucket) {}
  void operator()(const at::Tensor& parameter) override {
    sum_.Arrived(bucket_);
  }

 private:
  GradientSum& sum_;
  const size_t bucket_;
};

GradientSum::GradientSum(const NamedTensors& parameters, FlatParameters& flat,
                         ProcessGroup& group, int64_t bucket_bytes)
    : group_(group) {
  TORCH_CHECK(parameters.size() == flat.segments().size(), parameters.size(),
              " parameters, but ", flat.segments().size(),
              " in the flat buffer");
  if (group.size() == 1) return;
  const int64_t most = std::max<int64_t>(
      bucket_bytes / static_cast<int64_t>(flat.gradients().element_size()), 1);
  // From the last parameter to the first: backward's order, roughly.
  int64_t end = flat.size();
  for (size_t i = parameters.size(); i-- > 0;) {
    const int64_t begin = flat.segments()[i].offset;
    if (buckets_.empty() || buckets_.back().gradients.numel() >= most) {
      buckets_.emplace_back();
      end = i + 1 < parameters.size() ? flat.segments()[i + 1].offset
                                      : flat.size();
    }
    Bucket& bucket = buckets_.back();
    bucket.gradients = flat.gradients().narrow(0, begin, end - begin);
    ++bucket.parameters;
    const at::Tensor& parameter = parameters[i].tensor;
    torch::autograd::impl::set_post_acc_grad_hooks(
        parameter, std::make_unique<Hook>(*this, buckets_.size() - 1));
    parameters_.push_back(parameter);
  }
}

GradientSum::~GradientSum() {
  for (const at::Tensor& parameter : parameters_) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
  }
}

void GradientSum::Begin() {
  for (Bucket& bucket : buckets_) bucket.waits_for = bucket.parameters;
  begun_ = 0;
  under_way_.clear();
  expecting_ = true;
}

void GradientSum::Arrived(size_t bucket) {
  if (!expecting_) return;
  --buckets_[bucket].waits_for;
  BeginReady();
}

void GradientSum::BeginReady() {
  while (begun_ < buckets_.size() && buckets_[begun_].waits_for == 0) {
    under_way_.push_back(group_.BeginAllReduceSum(buckets_[begun_].gradients));
    ++begun_;
  }
}

void GradientSum::Finish() {
  expecting_ = false;
  for (Bucket& bucket : buckets_) bucket.waits_for = 0;
  BeginReady();
  for (const auto& work : under_way_) work->Wait();
  under_way_.clear();
}

}  // namespace snclr
