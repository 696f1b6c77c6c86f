// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/snclr_method.h"
#include "snclr/unit_rows.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"
#include "tools/conformance/vit_spec.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

// Expected tensors are a float64 run's, rounded to float32; its losses are not.
constexpr Tolerance kFloat64{1e-6, 1e-7};
constexpr double kFloat64Loss = 1e-10;
// The first loss and the later ones, which follow weights that rounding moved.
constexpr double kFloat32Loss = 1e-5;
constexpr double kFloat32LaterLoss = 2e-5;

// Adam divides a gradient by its own size, so a gradient of the size of its
// rounding error moves a weight by any share of the learning rate: which, is up
// to the order of sums. The file's tolerances of what is left after the steps
// come from one such order; this share of the way that Adam can go is allowed
// in any case. (Seen with 1, 2 and 4 threads: up to 0.08, first gradients being
// as close to float64 as the published ones.)
constexpr double kFloat32ShareOfSteps = 0.1;

// The published names of SNCLR_ViT's tensors in our words.
std::string OurName(const std::string& name) {
  absl::string_view rest = name;
  if (rest == "bank") return "bank.rows";
  if (rest == "bank_ptr") return "bank.next_row";
  std::string prefix;
  if (absl::ConsumePrefix(&rest, "momentum_encoder.")) {
    prefix = "momentum.";
  } else if (!absl::ConsumePrefix(&rest, "base_encoder.")) {
    return name;  // the predictor's
  }
  if (absl::ConsumePrefix(&rest, "head.")) {
    return absl::StrCat(prefix, "projector.", rest);
  }
  return absl::StrCat(prefix, "encoder.", rest);
}

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

SnclrSpec SnclrSpecOf(const GoldenFile& golden) {
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
  return spec;
}

// What the .json beside a file adds: tolerances and norms of all gradients.
Json SidecarOf(const GoldenFile& golden) {
  const auto path =
      std::filesystem::path(golden.path()).replace_extension(".json");
  std::ifstream stream(path);
  if (!stream) return Json::object();
  Json parsed = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  TORCH_CHECK(!parsed.is_discarded(), path.string(), " is no JSON");
  return parsed;
}

class TrainStep {
 public:
  TrainStep(const GoldenFile& golden, const Json& sidecar, at::ScalarType dtype,
            Verdict& verdict)
      : golden_(golden), sidecar_(sidecar), dtype_(dtype), verdict_(verdict) {
    auto encoder = MakeEncoder(VitSpecOf(golden), /*seed=*/1);
    TORCH_CHECK(encoder.ok(), encoder.status().ToString());
    (*encoder)->to(dtype);
    auto method =
        MakeSnclr(SnclrSpecOf(golden), HeadOf(golden, "base_encoder.head"),
                  HeadOf(golden, "predictor"), *encoder, /*seed=*/1, group_);
    TORCH_CHECK(method.ok(), method.status().ToString());
    method_ = *std::move(method);
    FillInitial();
  }

  // The order of a step as the trainer has it: the average at the end of one
  // step is the published average at the beginning of the next.
  void Run() {
    FlatParameters trained(method_->TrainedParameters(),
                           FlatParameters::kWithGradients);
    FlatParameters momentum(method_->MomentumParameters(),
                            FlatParameters::kValuesOnly);
    AdamWOptions options;
    options.weight_decay = golden_.Double("wd");
    AdamW optimizer(trained, options);
    const EmaTarget ema{momentum, golden_.Double("momentum")};
    UpdateEma(trained, ema);

    const Views views{golden_.Tensor("in.x1").to(dtype_),
                      golden_.Tensor("in.x2").to(dtype_)};
    const int64_t steps = golden_.Int("steps");
    for (int64_t step = 0; step < steps; ++step) {
      trained.ZeroGradients();
      const StepOutput output = method_->Forward(views);
      output.loss.backward();
      CompareStep(step, output);
      optimizer.Step(golden_.Double("lr"), 1,
                     step + 1 < steps ? &ema : nullptr);
    }
    CompareFinal();
  }

 private:
  bool twice() const { return dtype_ == at::kDouble; }

  // Everything that the method has, by its name.
  TensorMap Everything() const {
    NamedTensors all = method_->TrainedParameters();
    for (NamedTensor& one : method_->MomentumParameters()) all.push_back(one);
    for (NamedTensor& one : method_->State()) all.push_back(one);
    return ByName(all);
  }

  void FillInitial() {
    TensorMap values;
    for (const auto& [name, tensor] : golden_.WithPrefix("init.")) {
      values[OurName(name)] = tensor;
    }
    if (golden_.Bool("momentum_encoder_starts_equal")) {
      for (const auto& [name, tensor] :
           golden_.WithPrefix("init.base_encoder.")) {
        values[OurName("momentum_encoder." + name)] = tensor;
      }
    }
    const TensorMap everything = Everything();
    TensorMap targets;
    for (const auto& [name, tensor] : everything) {
      if (!absl::StartsWith(name, "bank.")) targets[name] = tensor;
    }
    CopyByName(values, targets);
    everything.at("bank.rows")
        .copy_(UnitRows(golden_.Tensor("in.bank").to(dtype_)));
    everything.at("bank.next_row").fill_(golden_.Int("bank_ptr"));
  }

  // In float32 the file's author measured each tensor's tolerance.
  void Compare(const std::string& name, const at::Tensor& actual,
               const at::Tensor& expected, double at_least = 0) {
    if (twice()) {
      verdict_.Compare(name + " float64", actual, expected, kFloat64);
      return;
    }
    const Json& tolerances = sidecar_.at("float32_tolerance");
    TORCH_CHECK(tolerances.contains(name), "no float32_tolerance of ", name);
    verdict_.Compare(
        name + " float32", actual, expected,
        {0, std::max(at_least, tolerances.at(name).get<double>())});
  }

  void CompareStep(int64_t step, const StepOutput& output) {
    const std::string losses = twice() ? "out64.losses" : "out.losses";
    verdict_.Compare(absl::StrCat(losses, " of step ", step), output.loss,
                     golden_.Tensor(losses)[step],
                     {twice()     ? kFloat64Loss
                      : step == 0 ? kFloat32Loss
                                  : kFloat32LaterLoss});
    const TensorMap trained = ByName(method_->TrainedParameters());
    if (step == 0) {
      Compare("step0.out.base_encoder1", output.embeddings,
              golden_.Tensor("step0.out.base_encoder1"));
      for (const auto& [name, gradient] : golden_.WithPrefix("step0.grad.")) {
        Compare("step0.grad." + name, trained.at(OurName(name)).grad(),
                gradient);
      }
    }
    if (!twice() || !sidecar_.contains("grad_norms")) return;
    for (const auto& [name, norm] :
         sidecar_.at("grad_norms").at(step).items()) {
      verdict_.Compare(absl::StrCat("norm of step", step, ".grad.", name),
                       trained.at(OurName(name)).grad().norm().item<double>(),
                       norm.get<double>(), kFloat64);
    }
  }

  void CompareFinal() {
    const double share =
        kFloat32ShareOfSteps * golden_.Int("steps") * golden_.Double("lr");
    const TensorMap everything = Everything();
    for (const auto& [name, expected] : golden_.WithPrefix("final.")) {
      const auto found = everything.find(OurName(name));
      TORCH_CHECK(found != everything.end(), "the method has no ",
                  OurName(name));
      const bool bank = name == "bank";  // kept raw there, normalised here
      Compare("final." + name, found->second.view(expected.sizes()),
              bank ? UnitRows(expected) : expected, share);
    }
  }

  const GoldenFile& golden_;
  const Json& sidecar_;
  const at::ScalarType dtype_;
  Verdict& verdict_;
  SingleProcess group_;
  std::unique_ptr<Method> method_;
};

}  // namespace

void CheckTrainStep(const GoldenFile& golden, Verdict& verdict) {
  const std::string& method = golden.Text("method");
  if (method != "snclr") {
    verdict.Skip(method + ": not built");
    return;
  }
  const Json sidecar = SidecarOf(golden);
  TrainStep(golden, sidecar, at::kDouble, verdict).Run();
  if (sidecar.contains("float32_tolerance")) {
    TrainStep(golden, sidecar, at::kFloat, verdict).Run();
  }
}

}  // namespace snclr
