// SPDX-License-Identifier: MIT
#include "experiments/trainer/rank_state.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {

absl::Status GatherRankState(const NamedTensors& own, ProcessGroup& group,
                             Checkpoint* checkpoint) {
  return CatchTorch([&]() -> absl::Status {
    const at::NoGradGuard no_grad;
    for (int64_t rank = 1; rank < group.size(); ++rank) {
      for (const auto& [name, tensor] : own) {
        at::Tensor travels =
            group.rank() == rank ? tensor.contiguous() : at::empty_like(tensor);
        group.Broadcast(travels, rank);
        if (group.rank() != 0) continue;
        RETURN_IF_ERROR(
            checkpoint->Add({{absl::StrCat(name, "@", rank), travels.cpu()}}));
      }
    }
    return absl::OkStatus();
  });
}

absl::Status TakeRankState(Checkpoint* checkpoint,
                           std::vector<RankTensors>* others) {
  others->clear();
  auto& tensors = checkpoint->tensors;
  for (auto it = tensors.begin(); it != tensors.end();) {
    const size_t at = it->first.rfind('@');
    size_t rank = 0;
    if (at == std::string::npos ||
        !absl::SimpleAtoi(it->first.substr(at + 1), &rank) || rank == 0) {
      ++it;
      continue;
    }
    if (others->size() < rank) others->resize(rank);
    (*others)[rank - 1][it->first.substr(0, at)] = it->second;
    it = tensors.erase(it);
  }
  for (size_t i = 0; i < others->size(); ++i) {
    if ((*others)[i].size() == others->back().size()) continue;
    return absl::DataLossError(
        absl::StrCat("the checkpoint lacks some of what rank ", i + 1, " had"));
  }
  return absl::OkStatus();
}

absl::Status CheckRankState(const std::vector<RankTensors>& others,
                            const NamedTensors& own) {
  for (size_t i = 0; i < others.size(); ++i) {
    bool fits = others[i].size() == own.size();
    for (const auto& [name, tensor] : own) {
      const auto saved = others[i].find(name);
      fits = fits && saved != others[i].end() &&
             saved->second.sizes() == tensor.sizes() &&
             saved->second.scalar_type() == tensor.scalar_type();
    }
    if (fits) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the checkpoint is of another run: what rank ", i + 1,
                     " left does not fit this method"));
  }
  return absl::OkStatus();
}

absl::Status ScatterRankState(const std::vector<RankTensors>& others,
                              const NamedTensors& own, ProcessGroup& group) {
  if (group.size() == 1) return absl::OkStatus();
  return CatchTorch([&] {
    const at::NoGradGuard no_grad;
    at::Tensor count =
        at::tensor({static_cast<int64_t>(others.size()) + 1}, at::kLong);
    group.Broadcast(count, 0);
    const int64_t saved = count.item<int64_t>();
    for (int64_t rank = 0; rank < std::min(saved, group.size()); ++rank) {
      for (const auto& [name, tensor] : own) {
        at::Tensor travels = at::empty_like(tensor);
        if (group.rank() == 0) {
          travels.copy_(rank == 0 ? tensor : others[rank - 1].at(name));
        }
        group.Broadcast(travels, 0);
        if (group.rank() != 0 && group.rank() % saved == rank) {
          at::Tensor(tensor).copy_(travels);
        }
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace snclr
