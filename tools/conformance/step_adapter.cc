// SPDX-License-Identifier: MIT
#include "tools/conformance/step_adapter.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "baselines/moco_v3/moco_v3_method.h"
#include "baselines/nnclr/nnclr_method.h"
#include "snclr/snclr_method.h"

namespace snclr {
namespace {

using MadeMethod = absl::StatusOr<std::unique_ptr<Method>>;

// The head whose Sequential stands under `name`.
HeadSpec HeadOf(const GoldenFile& golden, const std::string& name) {
  HeadSpec head;
  int layers = 0;  // Linear, BatchNorm, ReLU: every third index
  while (golden.Has(absl::StrCat("init.", name, ".", 3 * layers, ".weight"))) {
    ++layers;
  }
  head.set_layers(layers);
  head.set_hidden_dim(golden.Int("mlp"));
  head.set_output_dim(golden.Int("dim"));
  return head;
}

MadeMethod MakeSnclrOf(const GoldenFile& golden,
                       std::shared_ptr<Encoder> encoder, ProcessGroup& group) {
  SnclrSpec spec;
  spec.set_temperature(golden.Double("temperature"));
  spec.set_neighbors(golden.Int("topk"));
  spec.set_objective(CODE);
  spec.set_positiveness(COSINE);
  spec.set_threshold(golden.Bool("threshold"));
  spec.set_weight_gradient(true);
  spec.set_neighbors_as_negatives(true);
  spec.mutable_bank()->set_rows(golden.Int("bank_size"));
  spec.mutable_bank()->set_scope(LOCAL);
  spec.mutable_bank()->set_wrap(DROP_AT_END);
  return MakeSnclr(spec, HeadOf(golden, "base_encoder.head"),
                   HeadOf(golden, "predictor"), std::move(encoder), /*seed=*/1,
                   group);
}

MadeMethod MakeMocoV3Of(const GoldenFile& golden,
                        std::shared_ptr<Encoder> encoder, ProcessGroup& group) {
  MocoV3Spec spec;
  spec.set_temperature(golden.Double("temperature"));
  return MakeMocoV3(spec, HeadOf(golden, "base_encoder.head"),
                    HeadOf(golden, "predictor"), std::move(encoder), /*seed=*/1,
                    group);
}

MadeMethod MakeNnclrOf(const GoldenFile& golden, NnclrVariant variant,
                       const std::string& projector,
                       const std::string& predictor,
                       std::shared_ptr<Encoder> encoder, ProcessGroup& group) {
  NnclrSpec spec;
  spec.set_variant(variant);
  spec.set_temperature(golden.Double("temperature"));
  spec.set_support_set_rows(golden.Int("bank_size"));
  spec.set_momentum_encoder(false);
  return MakeNnclr(spec, HeadOf(golden, projector), HeadOf(golden, predictor),
                   std::move(encoder), /*seed=*/1, group);
}

MadeMethod MakeLightlyOf(const GoldenFile& golden,
                         std::shared_ptr<Encoder> encoder,
                         ProcessGroup& group) {
  return MakeNnclrOf(golden, LIGHTLY, "projection_head.layers",
                     "prediction_head.layers", std::move(encoder), group);
}

MadeMethod MakeSoloOf(const GoldenFile& golden,
                      std::shared_ptr<Encoder> encoder, ProcessGroup& group) {
  return MakeNnclrOf(golden, SOLO, "projector", "predictor", std::move(encoder),
                     group);
}

}  // namespace

std::string StepAdapter::OurName(const std::string& published) const {
  if (published == "bank") return "bank.rows";
  if (published == "bank_ptr") return "bank.next_row";
  for (const auto& [theirs, ours] : prefixes) {
    if (absl::StartsWith(published, theirs)) {
      return ours + published.substr(theirs.size());
    }
  }
  return published;
}

const StepAdapter* FindStepAdapter(const std::string& method) {
  // MoCo v3 and SNCLR keep the projector as their encoder's head.
  static const auto& base_and_momentum =
      *new std::vector<std::pair<std::string, std::string>>{
          {"momentum_encoder.head.", "momentum.projector."},
          {"momentum_encoder.", "momentum.encoder."},
          {"base_encoder.head.", "projector."},
          {"base_encoder.", "encoder."}};
  static const auto& adapters = *new std::map<std::string, StepAdapter>{
      {"snclr", {MakeSnclrOf, base_and_momentum, "base_encoder", 2e-5}},
      {"moco_v3", {MakeMocoV3Of, base_and_momentum, "base_encoder", 2e-4}},
      {"nnclr_lightly",
       {MakeLightlyOf,
        {{"backbone.", "encoder."},
         {"projection_head.layers.", "projector."},
         {"prediction_head.layers.", "predictor."}},
        "projection_head",
        1e-3}},
      {"nnclr_solo",
       {MakeSoloOf, {{"backbone.", "encoder."}}, "projector", 1e-3}},
  };
  const auto found = adapters.find(method);
  return found == adapters.end() ? nullptr : &found->second;
}

}  // namespace snclr
