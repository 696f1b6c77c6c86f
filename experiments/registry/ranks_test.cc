// SPDX-License-Identifier: MIT
// A run divided among ranks is the run that one process makes: every method, on
// 1, 2 and 4 ranks that are threads of this process, and checkpoints that
// travel from one number of ranks to another.
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/step_news.h"
#include "snclr/core/base/random.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

// By SGD: Adam makes whole steps of gradients that are but rounding noise, and
// a nearest neighbour that another one then overtakes is a jump. The seed of
// the images is one at which no two neighbours come that close.
constexpr int64_t kBatch = 16;  // of all ranks
constexpr int64_t kSteps = 20;
constexpr int64_t kStepsPerEpoch = 10;

struct Case {
  std::string name;
  std::string method;
  std::string arm;  // of the spec's oneof
};

const Case kSharedBanks[] = {
    {"snclr", "snclr",
     "snclr { neighbors: 3 bank { rows: 40 scope: GLOBAL } }"},
    {"snclr_keys_as_negatives", "snclr",
     "snclr { neighbors: 3 neighbors_as_negatives: false bank { rows: 40 "
     "scope: "
     "GLOBAL } }"},
    {"moco_v3", "moco_v3", "moco_v3 {}"},
    {"nnclr", "nnclr", "nnclr { variant: SOLO support_set_rows: 64 }"},
};

ExperimentSpec SpecOf(const std::string& arm) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(arm + R"(
        name: "ranks" seed: 3
        encoder { image_size_px: 8
                  vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2
                        patch_size_px: 4 mlp_ratio: 2 } }
        projector { layers: 3 hidden_dim: 24 output_dim: 12 }
        predictor { layers: 2 hidden_dim: 24 output_dim: 12 }
        data { procedural {} global_batch: 16 }
        optimizer { kind: SGD base_lr: 0.005 lr_scaling: NO_SCALING weight_decay: 1e-4
                    momentum: 0.9 }
        schedule { epochs: 2 warmup_epochs: 0.5 }
        momentum { start: 0.9 }
        parallelism { bucket_mib: 0.004 })",
                                                            &spec));
  const auto resolved = ResolveSpec(spec, "ranks");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *resolved;
}

// What rank `rank` of `ranks` sees of a step.
Views Share(int64_t step, int64_t rank, int64_t ranks) {
  at::Tensor both = at::zeros({2, kBatch, 3, 8, 8});
  Random random(/*seed=*/10, {static_cast<uint64_t>(step)});
  float* values = both.data_ptr<float>();
  for (int64_t i = 0; i < both.numel(); ++i) {
    values[i] = static_cast<float>(random.Normal());
  }
  const int64_t share = kBatch / ranks;
  const at::Tensor own = both.narrow(1, rank * share, share);
  return {own[0].contiguous(), own[1].contiguous()};
}

std::unique_ptr<Learner> NewLearner(const ExperimentSpec& spec,
                                    const std::string& method,
                                    ProcessGroup& group) {
  auto learner = Learner::Create(spec, RegisteredMethods().at(method),
                                 kStepsPerEpoch, group);
  EXPECT_TRUE(learner.ok()) << learner.status();
  return *std::move(learner);
}

std::vector<double> Steps(Learner& learner, ProcessGroup& group,
                          int64_t count) {
  std::vector<double> losses;
  for (int64_t i = 0; i < count; ++i) {
    StepRecord record =
        learner.Step(Share(learner.steps_done(), group.rank(), group.size()));
    ShareStep({}, &record.output, group);
    losses.push_back(record.output.loss.item<double>());
  }
  return losses;
}

Checkpoint Saved(Learner& learner) {
  Checkpoint checkpoint;
  const absl::Status saved = learner.Save(&checkpoint);
  EXPECT_TRUE(saved.ok()) << saved;
  checkpoint.encoder = learner.method().encoder().spec().ShortDebugString();
  // Aliases: the learner goes on.
  for (auto& [name, tensor] : checkpoint.tensors) tensor = tensor.clone();
  return checkpoint;
}

class SharedBankTest : public testing::TestWithParam<Case> {};

TEST_P(SharedBankTest, LossesAreThoseOfOneProcess) {
  const ExperimentSpec spec = SpecOf(GetParam().arm);
  SingleProcess alone;
  const auto whole = NewLearner(spec, GetParam().method, alone);
  const std::vector<double> wanted = Steps(*whole, alone, kSteps);
  for (const int64_t ranks : {2, 4}) {
    OnRanks(ranks, [&](ProcessGroup& group) {
      const auto learner = NewLearner(spec, GetParam().method, group);
      ASSERT_TRUE(learner->Share().ok());
      const std::vector<double> losses = Steps(*learner, group, kSteps);
      for (int64_t step = 0; step < kSteps; ++step) {
        EXPECT_NEAR(losses[step], wanted[step], 1e-4 * std::abs(wanted[step]))
            << "step " << step + 1 << " of rank " << group.rank() << " of "
            << ranks;
      }
    });
  }
  EXPECT_GT(std::abs(wanted.back() - wanted.front()), 1e-2) << "nothing moved";
}

TEST_P(SharedBankTest, ACheckpointGoesOnWithAnotherNumberOfRanks) {
  const ExperimentSpec spec = SpecOf(GetParam().arm);
  Checkpoint half;
  std::vector<double> wanted;
  OnRanks(4, [&](ProcessGroup& group) {
    const auto learner = NewLearner(spec, GetParam().method, group);
    Steps(*learner, group, kSteps / 2);
    const Checkpoint checkpoint = Saved(*learner);
    const std::vector<double> rest = Steps(*learner, group, kSteps / 2);
    if (group.rank() != 0) return;
    half = checkpoint;
    wanted = rest;
  });
  for (const int64_t ranks : {1, 2, 4}) {
    OnRanks(ranks, [&](ProcessGroup& group) {
      const auto learner = NewLearner(spec, GetParam().method, group);
      // Rank 0 alone has the file.
      const absl::Status restored =
          learner->Restore(group.rank() == 0 ? half : Checkpoint());
      ASSERT_TRUE(restored.ok()) << restored;
      EXPECT_EQ(learner->steps_done(), kSteps / 2);
      const std::vector<double> losses = Steps(*learner, group, kSteps / 2);
      for (int64_t i = 0; i < kSteps / 2; ++i) {
        if (ranks == 4) {
          EXPECT_EQ(losses[i], wanted[i]) << "step " << i + 1;
        } else {
          EXPECT_NEAR(losses[i], wanted[i], 1e-4 * std::abs(wanted[i]));
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, SharedBankTest,
                         testing::ValuesIn(kSharedBanks),
                         [](const auto& info) { return info.param.name; });

const Case kOwnBanks[] = {
    {"snclr", "snclr", "snclr { neighbors: 3 bank { rows: 40 scope: LOCAL } }"},
    {"nnclr", "nnclr", "nnclr { variant: LIGHTLY support_set_rows: 40 }"},
};

class OwnBankTest : public testing::TestWithParam<Case> {};

at::Tensor BankRows(Learner& learner) {
  for (const NamedTensor& named : learner.method().RankState()) {
    if (named.name == "bank.rows") return named.tensor;
  }
  ADD_FAILURE() << "no bank";
  return {};
}

TEST_P(OwnBankTest, EachRanksBankIsInTheCheckpointAndComesBack) {
  const ExperimentSpec spec = SpecOf(GetParam().arm);
  Checkpoint half;
  std::vector<at::Tensor> banks(4);
  std::vector<double> wanted;
  OnRanks(4, [&](ProcessGroup& group) {
    const auto learner = NewLearner(spec, GetParam().method, group);
    Steps(*learner, group, 5);
    banks[group.rank()] = BankRows(*learner).clone();
    const Checkpoint checkpoint = Saved(*learner);
    const std::vector<double> rest = Steps(*learner, group, 5);
    if (group.rank() != 0) return;
    half = checkpoint;
    wanted = rest;
  });
  for (int rank = 1; rank < 4; ++rank) {
    EXPECT_FALSE(at::equal(banks[0], banks[rank])) << "banks are shared";
  }
  for (const int64_t ranks : {1, 2, 4, 6}) {
    if (kBatch % ranks != 0 && ranks < 5) continue;
    OnRanks(ranks, [&](ProcessGroup& group) {
      const auto learner = NewLearner(spec, GetParam().method, group);
      const absl::Status restored =
          learner->Restore(group.rank() == 0 ? half : Checkpoint());
      ASSERT_TRUE(restored.ok()) << restored;
      EXPECT_TRUE(at::equal(BankRows(*learner), banks[group.rank() % 4]))
          << "rank " << group.rank() << " of " << ranks;
      if (ranks != 4) return;
      EXPECT_EQ(Steps(*learner, group, 5), wanted);
    });
  }
}

TEST_P(OwnBankTest, ACheckpointThatDoesNotFitIsEveryRanksError) {
  const ExperimentSpec spec = SpecOf(GetParam().arm);
  Checkpoint saved;
  OnRanks(2, [&](ProcessGroup& group) {
    const auto learner = NewLearner(spec, GetParam().method, group);
    const Checkpoint checkpoint = Saved(*learner);
    if (group.rank() == 0) saved = checkpoint;
  });
  ASSERT_EQ(saved.tensors.count("bank.rows@1"), 1u);
  saved.tensors["bank.rows@1"] = at::zeros({3, 3});
  OnRanks(2, [&](ProcessGroup& group) {
    const auto learner = NewLearner(spec, GetParam().method, group);
    const absl::Status restored =
        learner->Restore(group.rank() == 0 ? saved : Checkpoint());
    EXPECT_EQ(restored.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(restored.message().find("rank 1"), std::string::npos) << restored;
  });
}

INSTANTIATE_TEST_SUITE_P(Methods, OwnBankTest, testing::ValuesIn(kOwnBanks),
                         [](const auto& info) { return info.param.name; });

TEST(ReplicasTest, RanksThatDriftApartAreNoticedBeforeACheckpoint) {
  const ExperimentSpec spec = SpecOf("moco_v3 {}");
  OnRanks(2, [&](ProcessGroup& group) {
    const auto learner = NewLearner(spec, "moco_v3", group);
    Steps(*learner, group, 1);
    if (group.rank() == 1) {
      at::Tensor weight =
          learner->method().TrainedParameters()[0].tensor.detach();
      weight.flatten()[0] += 1e-6;
    }
    Checkpoint checkpoint;
    const absl::Status saved = learner->Save(&checkpoint);
    EXPECT_EQ(saved.code(), absl::StatusCode::kInternal);
    EXPECT_NE(saved.message().find("rank 1 has weights"), std::string::npos)
        << saved;
  });
}

}  // namespace
}  // namespace snclr
