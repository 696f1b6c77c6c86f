// SPDX-License-Identifier: MIT
// MoCo v3, the method: networks and one step.
#ifndef BASELINES_MOCO_V3_MOCO_V3_METHOD_H_
#define BASELINES_MOCO_V3_MOCO_V3_METHOD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "baselines/moco_v3/moco_v3.pb.h"
#include "snclr/core/branches.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// Chen et al., arXiv:2104.02057, Algorithm 1:
//
//   q_v = predictor(projector(encoder(x_v)))           v = 1, 2
//   k_v = momentum projector(momentum encoder(x_v))    no gradient
//   loss = L(q_1, k_2) + L(q_2, k_1)                   L: info_nce.h
//
// with the keys of all ranks. Tensor names are those of Branches.
class MocoV3Method final : public Method {
 public:
  std::string name() const override { return "moco_v3"; }

  // Metrics, the mean of both directions:
  //   positive_similarity  mean of q.k, cosines
  //   negative_similarity  mean of q.k' over the other images of all ranks
  // Communicates where W > 1; never waits for the device itself.
  StepOutput Forward(const Views& views) override;

  NamedTensors TrainedParameters() override {
    return branches_->TrainedParameters();
  }
  NamedTensors MomentumParameters() override {
    return branches_->MomentumParameters();
  }
  NamedTensors State() override { return branches_->State(); }
  Encoder& encoder() override { return branches_->encoder(); }

  // 2 directions x 2T ln N, N = W B (cross_entropy_band.h).
  LossBand InitialLossBand(int64_t batch, int64_t ranks) const override;

 private:
  friend absl::StatusOr<std::unique_ptr<Method>> MakeMocoV3(
      const MocoV3Spec& spec, const HeadSpec& projector,
      const HeadSpec& predictor, std::shared_ptr<Encoder> encoder,
      uint64_t seed, ProcessGroup& group);

  MocoV3Method(const MocoV3Spec& spec, std::unique_ptr<Branches> branches,
               ProcessGroup& group);

  const double temperature_;
  ProcessGroup& group_;
  std::unique_ptr<Branches> branches_;
};

// Makes the method of a resolved spec on `encoder`, whose dtype and device
// everything gets (move it first). Momentum copies begin equal; what is random
// follows from `seed`. `group` must outlive the method. InvalidArgument names
// the field that does not fit.
absl::StatusOr<std::unique_ptr<Method>> MakeMocoV3(
    const MocoV3Spec& spec, const HeadSpec& projector,
    const HeadSpec& predictor, std::shared_ptr<Encoder> encoder, uint64_t seed,
    ProcessGroup& group);

}  // namespace snclr

#endif  // BASELINES_MOCO_V3_MOCO_V3_METHOD_H_
