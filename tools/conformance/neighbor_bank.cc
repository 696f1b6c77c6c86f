// SPDX-License-Identifier: MIT
#include "snclr/core/neighbor_bank.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "snclr/core/ops/unit_rows.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"

namespace snclr {
namespace {

// Our bank keeps its rows normalised, the published ones keep them raw and
// normalise a copy at each lookup: copies agree up to that division's rounding.
constexpr Tolerance kRows{0, 1e-6};
constexpr Tolerance kSimilarity{0, 1e-6};

// The published rings that a bank of ours can be.
bool WrapOf(const std::string& variant, BankWrap* wrap) {
  if (variant == "snclr" || variant == "lightly") {
    *wrap = DROP_AT_END;
  } else if (variant == "solo") {
    *wrap = RING;
  } else {
    return false;
  }
  return true;
}

}  // namespace

void CheckNeighborBank(const GoldenFile& golden, Verdict& verdict) {
  BankWrap wrap;
  if (!WrapOf(golden.Text("variant"), &wrap)) {
    verdict.Skip("bank variant '" + golden.Text("variant") + "' is not known");
    return;
  }
  const int64_t k = golden.Int("topk");
  const auto initial = golden.Tensor("in.bank");
  NeighborBank bank({initial.size(0), initial.size(1), wrap}, /*seed=*/1,
                    /*stream=*/0, initial.options());
  const TensorMap state = ByName(bank.State());
  state.at("rows").copy_(UnitRows(initial));

  const std::string& update = golden.Text("update");
  TORCH_CHECK(static_cast<int64_t>(update.size()) == golden.Int("steps"),
              golden.path(), ": ", update.size(), " updates for ",
              golden.Int("steps"), " steps");
  for (size_t i = 0; i < update.size(); ++i) {
    const std::string step = absl::StrCat("step", i, ".");
    const auto keys = UnitRows(golden.Tensor(step + "in.keys"));
    const Neighbors found = bank.TopK(keys, k);
    verdict.Compare(step + "neighbors", found.rows.flatten(0, 1),
                    UnitRows(golden.Tensor(step + "out.neighbors")), kRows);
    if (golden.Has(step + "out.keep")) {
      verdict.Compare(step + "keep",
                      at::cat({keys.unsqueeze(1), found.rows}, 1).flatten(0, 1),
                      UnitRows(golden.Tensor(step + "out.keep")), kRows);
    }
    if (golden.Has(step + "out.similarity")) {
      verdict.Compare(step + "similarity", found.similarity,
                      golden.Tensor(step + "out.similarity"), kSimilarity);
    }
    if (golden.Has(step + "out.index")) {
      const auto index = golden.Tensor(step + "out.index");
      verdict.CompareExactly(step + "index", found.index.view(index.sizes()),
                             index);
    }
    if (update[i] == '1') bank.Push(keys);
    verdict.Compare(step + "bank", state.at("rows"),
                    UnitRows(golden.Tensor(step + "out.bank")), kRows);
    const auto ptr = golden.Tensor(step + "out.ptr");
    verdict.CompareExactly(step + "ptr", state.at("next_row").view(ptr.sizes()),
                           ptr);
  }
}

}  // namespace snclr
