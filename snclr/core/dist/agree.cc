// SPDX-License-Identifier: MIT
#include "snclr/core/dist/agree.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// Every rank's bytes, each padded to the longest.
std::vector<std::string> Gather(const std::string& own, ProcessGroup& group) {
  const auto length = static_cast<int64_t>(own.size());
  const at::Tensor lengths = group.AllGather(at::tensor({length}, at::kLong));
  const int64_t longest = lengths.max().item<int64_t>();
  std::vector<std::string> texts(group.size());
  if (longest == 0) return texts;
  const at::Tensor padded = at::zeros({1, longest}, at::kByte);
  std::memcpy(padded.data_ptr(), own.data(), own.size());
  const at::Tensor all = group.AllGather(padded);
  for (int64_t rank = 0; rank < group.size(); ++rank) {
    texts[rank].assign(static_cast<const char*>(all[rank].const_data_ptr()),
                       lengths[rank].item<int64_t>());
  }
  return texts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> TextsOfAll(const std::string& own,
                                                    ProcessGroup& group) {
  if (group.size() == 1) return std::vector<std::string>{own};
  std::vector<std::string> texts;
  RETURN_IF_ERROR(CatchTorch([&] {
    texts = Gather(own, group);
    return absl::OkStatus();
  }));
  return texts;
}

absl::StatusOr<std::string> TextOfRankZero(const std::string& own,
                                           ProcessGroup& group) {
  ASSIGN_OR_RETURN(std::vector<std::string> texts,
                   TextsOfAll(group.rank() == 0 ? own : "", group));
  return texts[0];
}

absl::Status Agree(const absl::Status& own, ProcessGroup& group) {
  if (group.size() == 1) return own;
  // The code's number, then the message; nothing where all is well.
  const std::string mine = own.ok()
                               ? ""
                               : absl::StrCat(static_cast<int>(own.code()), " ",
                                              std::string(own.message()));
  ASSIGN_OR_RETURN(const std::vector<std::string> all, TextsOfAll(mine, group));
  for (int64_t rank = 0; rank < group.size(); ++rank) {
    if (all[rank].empty()) continue;
    const size_t space = all[rank].find(' ');
    return absl::Status(
        static_cast<absl::StatusCode>(std::stoi(all[rank])),
        absl::StrCat(group.NameOf(rank), ": ", all[rank].substr(space + 1)));
  }
  return absl::OkStatus();
}

absl::Status CheckSameOnAll(const std::string& what, const std::string& own,
                            ProcessGroup& group) {
  ASSIGN_OR_RETURN(const std::vector<std::string> all, TextsOfAll(own, group));
  const auto other =
      std::find_if(all.begin(), all.end(),
                   [&](const std::string& text) { return text != all[0]; });
  if (other == all.end()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(group.NameOf(other - all.begin()), " has ", what, " ",
                   *other, ", ", group.NameOf(0), " ", all[0]));
}

}  // namespace snclr
