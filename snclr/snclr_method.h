// SPDX-License-Identifier: MIT
// SNCLR, the method: networks, bank and one step.
#ifndef SNCLR_SNCLR_METHOD_H_
#define SNCLR_SNCLR_METHOD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "snclr/candidates.h"
#include "snclr/core/branches.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/neighbor_bank.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/soft_neighbors.h"
#include "snclr/positiveness.h"
#include "snclr/snclr.pb.h"
#include "snclr/soft_neighbor_loss.h"

namespace snclr {

// Ge et al., arXiv:2303.17142, Fig. 2, in the order of the published builder:
//
//   y_v = projector(encoder(x_v)), q_v = predictor(y_v)      v = 1, 2
//   k_v = momentum projector(momentum encoder(x_v))          no gradient
//   c_v = k_v and its K nearest neighbours in the bank       both looked up
//   first loss = L(q_1, y_1, c_2) + L(q_2, y_2, c_1) the bank takes k_2
//
// L is soft_neighbor_loss.h with the weights of positiveness.h.
//
// Tensor names: those of Branches, "attention.embedding" and
// "attention.neighbor" (ATTENTION only), "bank.<NeighborBank::State>".
class SnclrMethod final : public Method, public ShowsSoftNeighbors {
 public:
  std::string name() const override { return "snclr"; }

  // Metrics: positive_similarity, the mean of q.k; and where K > 0, over both
  // directions:
  //   neighbor_similarity      mean cosine of keys and their neighbours
  //   neighbor_age_steps       mean steps since a neighbour was a key
  //   neighbor_random_share    of neighbours that are initial random rows
  //   bank_random_share        of the whole bank that is
  //   positiveness_max         mean of each key's largest w
  //   positiveness_entropy     mean of -sum_j w ln w, nats; ln K when uniform
  //   positiveness_sum         mean of sum_j w; below 1 what the threshold cut
  // Communicates where W > 1; never waits for the device itself.
  StepOutput Forward(const Views& views) override;

  NamedTensors TrainedParameters() override;
  NamedTensors MomentumParameters() override;
  NamedTensors State() override;
  NamedTensors RankState() override;
  Encoder& encoder() override { return branches_->encoder(); }
  LossBand InitialLossBand(int64_t batch, int64_t ranks) const override;

  // Neighbours as a step would find them, but among given images instead of the
  // bank, which has no images to show: by the cosine of momentum embeddings.
  // Positiveness is this run's own formula, of the image's embedding y; in
  // training y comes from the other view, here there is one view of each image.
  int64_t NeighborCount() const override { return spec_.neighbors(); }
  at::Tensor UnitKeys(const at::Tensor& images) override;
  SoftNeighbors NeighborsAmong(const at::Tensor& images, const at::Tensor& own,
                               const at::Tensor& unit_keys) override;

 private:
  friend absl::StatusOr<std::unique_ptr<Method>> MakeSnclr(
      const SnclrSpec& spec, const HeadSpec& projector,
      const HeadSpec& predictor, std::shared_ptr<Encoder> encoder,
      uint64_t seed, ProcessGroup& group);

  SnclrMethod(const SnclrSpec& spec, int64_t dim,
              std::unique_ptr<Branches> branches, uint64_t seed,
              ProcessGroup& group);

  NamedTensors BankState() const;

  struct Direction {
    at::Tensor loss;          // []
    at::Tensor positiveness;  // [B, K]
    at::Tensor similarity;    // [], mean of q.k
  };

  Direction DirectionalLoss(const at::Tensor& predictions,
                            const at::Tensor& embeddings,
                            const Candidates& candidates) const;
  NamedTensors Metrics(const Direction& first, const Direction& second,
                       const Candidates& candidates1,
                       const Candidates& candidates2) const;

  const SnclrSpec spec_;
  ProcessGroup& group_;
  const CandidateOptions candidate_options_;
  const PositivenessOptions positiveness_options_;
  const SoftNeighborLossOptions loss_options_;

  std::unique_ptr<Branches> branches_;
  AttentionMaps attention_;  // undefined unless ATTENTION
  NeighborBank bank_;
};

// Makes the method of a resolved spec on `encoder`, whose dtype and device
// everything gets (move it first). Momentum copies begin equal; what is random
// follows from `seed`, the bank also from the rank where its scope is LOCAL.
// `group` must outlive the method. InvalidArgument names the field that does
// not fit.
absl::StatusOr<std::unique_ptr<Method>> MakeSnclr(
    const SnclrSpec& spec, const HeadSpec& projector, const HeadSpec& predictor,
    std::shared_ptr<Encoder> encoder, uint64_t seed, ProcessGroup& group);

}  // namespace snclr

#endif  // SNCLR_SNCLR_METHOD_H_
