// SPDX-License-Identifier: MIT
#include "baselines/nnclr/nnclr_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/neighbor_bank.h"
#include "snclr/core/ops/unit_rows.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"

namespace snclr {
namespace {

// Copies of stored rows, which we keep normalised, up to that division.
constexpr Tolerance kRows{0, 1e-6};

// One view's tensors on every rank, leaves that collect gradients.
struct View {
  std::vector<at::Tensor> neighbors;    // [B, D] each
  std::vector<at::Tensor> predictions;  // [B, D] each
};

// One step of one library on every rank, gathers replaced by the other ranks'
// tensors, which the file holds.
class NnclrStep {
 public:
  NnclrStep(const GoldenFile& golden, bool solo, Verdict& verdict)
      : golden_(golden),
        solo_(solo),
        library_(solo ? "solo" : "lightly"),
        ranks_(golden.Int("world_size")),
        verdict_(verdict) {
    for (int64_t rank = 0; rank < ranks_; ++rank) banks_.push_back(MakeBank());
  }

  // Both views are looked up on every rank before anything is pushed.
  void LookUpAndPush() {
    std::vector<at::Tensor> pushed;  // of each rank
    const std::string pushed_view = golden_.Text(library_ + "_pushed_view");
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      for (const char* view : {"0", "1"}) {
        const at::Tensor keys =
            UnitRows(golden_.Tensor(Name(rank, "in.z") + view));
        const Neighbors found = banks_[rank].TopK(keys, 1);
        const at::Tensor neighbors = found.rows.squeeze(1);
        CompareRows(Name(rank, library_ + ".out.nn") + view, neighbors);
        const std::string index = Name(rank, library_ + ".out.index") + view;
        if (golden_.Has(index)) {
          verdict_.CompareExactly(index, found.index.squeeze(1),
                                  golden_.Tensor(index));
        }
        if (view == pushed_view) pushed.push_back(keys);
      }
    }
    TORCH_CHECK(static_cast<int64_t>(pushed.size()) == ranks_, golden_.path(),
                ": no view '", pushed_view, "' to push");
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      banks_[rank].Push(solo_ ? at::cat(pushed) : pushed[rank]);
      const TensorMap state = ByName(banks_[rank].State());
      const std::string rows =
          solo_ ? "solo.out.queue" : Name(rank, "lightly.out.bank");
      const std::string next =
          solo_ ? "solo.out.ptr" : Name(rank, "lightly.out.ptr");
      CompareRows(rows, state.at("rows"));
      verdict_.CompareExactly(next, state.at("next_row").view({1}),
                              golden_.Tensor(next));
    }
  }

  void CheckLosses(at::ScalarType dtype) {
    const bool twice = dtype == at::kDouble;
    const Tolerance loss_tolerance{twice ? 1e-12 : 2e-6};
    const Tolerance gradient_tolerance{twice ? 1e-12 : 2e-5, 1e-14};
    const std::string digits = twice ? "64." : ".";
    const std::array<View, 2> views = {ViewOf("0", dtype), ViewOf("1", dtype)};
    at::Tensor sum =
        at::zeros({}, at::TensorOptions(golden_.device()).dtype(dtype));
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      const at::Tensor loss = (Direction(views[0], views[1], rank) +
                               Direction(views[1], views[0], rank)) /
                              2;
      Compare(rank, library_ + ".out" + digits + "loss", loss, loss_tolerance);
      sum = sum + loss;
    }
    sum.backward();
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      for (const int view : {0, 1}) {
        const std::string grad = library_ + ".grad" + digits;
        Compare(rank, absl::StrCat(grad, "p", view),
                views[view].predictions[rank].grad(), gradient_tolerance);
        const std::string neighbors = absl::StrCat(grad, "nn", view);
        if (golden_.Has(Name(rank, neighbors))) {
          Compare(rank, neighbors, views[view].neighbors[rank].grad(),
                  gradient_tolerance);
        }
      }
    }
  }

 private:
  static std::string Name(int64_t rank, const std::string& name) {
    return absl::StrCat("rank", rank, ".", name);
  }

  void Compare(int64_t rank, const std::string& name, const at::Tensor& actual,
               const Tolerance& tolerance) {
    const std::string full = Name(rank, name);
    verdict_.Compare(full, actual, golden_.Tensor(full), tolerance);
  }

  void CompareRows(const std::string& name, const at::Tensor& unit_rows) {
    verdict_.Compare(name, unit_rows, UnitRows(golden_.Tensor(name)), kRows);
  }

  NeighborBank MakeBank() const {
    const at::Tensor initial = golden_.Tensor("in.bank");
    NeighborBank bank(
        {initial.size(0), initial.size(1), solo_ ? RING : DROP_AT_END},
        /*seed=*/1, /*stream=*/0, initial.options());
    ByName(bank.State()).at("rows").copy_(UnitRows(initial));
    return bank;
  }

  View ViewOf(const std::string& view, at::ScalarType dtype) const {
    View tensors;
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      const auto leaf = [&](const std::string& name) {
        return golden_.Tensor(Name(rank, name + view))
            .to(dtype, /*non_blocking=*/false, /*copy=*/true)
            .set_requires_grad(true);
      };
      tensors.neighbors.push_back(leaf(library_ + ".out.nn"));
      tensors.predictions.push_back(leaf("in.p"));
    }
    return tensors;
  }

  at::Tensor Direction(const View& anchors, const View& targets,
                       int64_t rank) const {
    const NnclrLossOptions options{golden_.Double("temperature"), rank};
    const at::Tensor predictions = UnitRows(at::cat(targets.predictions));
    return solo_ ? NeighborInfoNce(UnitRows(anchors.neighbors[rank]),
                                   predictions, options)
                 : NeighborNtXent(UnitRows(at::cat(anchors.neighbors)),
                                  predictions, golden_.Int("batch"), options);
  }

  const GoldenFile& golden_;
  const bool solo_;
  const std::string library_;
  const int64_t ranks_;
  Verdict& verdict_;
  std::vector<NeighborBank> banks_;
};

}  // namespace

void CheckNnclrLoss(const GoldenFile& golden, Verdict& verdict) {
  for (const bool solo : {true, false}) {
    NnclrStep step(golden, solo, verdict);
    step.LookUpAndPush();
    step.CheckLosses(at::kFloat);
    step.CheckLosses(at::kDouble);
  }
}

}  // namespace snclr
