// SPDX-License-Identifier: MIT
// NNCLR, the method: networks, support set and one step.
#ifndef BASELINES_NNCLR_NNCLR_METHOD_H_
#define BASELINES_NNCLR_NNCLR_METHOD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "baselines/nnclr/nnclr.pb.h"
#include "snclr/core/branches.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/neighbor_bank.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/soft_neighbors.h"

namespace snclr {

// Dwibedi et al., arXiv:2104.14548, Sec. 3.2, in the order of both libraries:
//
//   z_v = projector(encoder(x_v)), p_v = predictor(z_v)    v = 1, 2
//   n_v = nearest row of the support set to z_v, detached  both looked up first
//   loss = ( L(n_1, p_2) + L(n_2, p_1) ) / 2               L: nnclr_loss.h
//   the support set takes z_1 of all ranks (SOLO) or the own z_2 (LIGHTLY)
//
// With a momentum encoder its keys stand for z in lookup and support set.
//
// Tensor names: those of Branches, "bank.<NeighborBank::State>".
class NnclrMethod final : public Method, public ShowsSoftNeighbors {
 public:
  std::string name() const override { return "nnclr"; }

  // Metrics, the mean of both directions:
  //   positive_similarity    mean of n.p
  //   neighbor_similarity    mean cosine of keys and their neighbours
  //   neighbor_age_steps     mean steps since a neighbour was a key
  //   neighbor_random_share  of neighbours that are initial random rows
  //   bank_random_share      of the whole support set that is
  // Communicates where W > 1; never waits for the device itself.
  StepOutput Forward(const Views& views) override;

  NamedTensors TrainedParameters() override {
    return branches_->TrainedParameters();
  }
  NamedTensors MomentumParameters() override {
    return branches_->MomentumParameters();
  }
  NamedTensors State() override;
  NamedTensors RankState() override;
  Encoder& encoder() override { return branches_->encoder(); }

  // ln N, N = W B (SOLO) or 2 W B - 1 (LIGHTLY) (cross_entropy_band.h).
  LossBand InitialLossBand(int64_t batch, int64_t ranks) const override;

  // The neighbour that a step would find, but among given images instead of the
  // support set, which has no images to show. Its positiveness is 1.
  int64_t NeighborCount() const override { return 1; }
  at::Tensor UnitKeys(const at::Tensor& images) override;
  SoftNeighbors NeighborsAmong(const at::Tensor& images, const at::Tensor& own,
                               const at::Tensor& unit_keys) override;

 private:
  friend absl::StatusOr<std::unique_ptr<Method>> MakeNnclr(
      const NnclrSpec& spec, const HeadSpec& projector,
      const HeadSpec& predictor, std::shared_ptr<Encoder> encoder,
      uint64_t seed, ProcessGroup& group);

  NnclrMethod(const NnclrSpec& spec, int64_t dim,
              std::unique_ptr<Branches> branches, uint64_t seed,
              ProcessGroup& group);

  NamedTensors BankState() const;
  at::Tensor DirectionalLoss(const at::Tensor& unit_neighbors,
                             const at::Tensor& unit_predictions) const;

  const NnclrSpec spec_;
  ProcessGroup& group_;
  std::unique_ptr<Branches> branches_;
  NeighborBank bank_;
};

// Makes the method of a resolved spec on `encoder`, whose dtype and device
// everything gets (move it first). What is random follows from `seed`, the
// support set also from the rank where LIGHTLY. `group` must outlive the
// method. InvalidArgument names the field that does not fit.
absl::StatusOr<std::unique_ptr<Method>> MakeNnclr(
    const NnclrSpec& spec, const HeadSpec& projector, const HeadSpec& predictor,
    std::shared_ptr<Encoder> encoder, uint64_t seed, ProcessGroup& group);

}  // namespace snclr

#endif  // BASELINES_NNCLR_NNCLR_METHOD_H_
