// SPDX-License-Identifier: MIT
#include "experiments/trainer/out_of_memory.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

std::string Gib(int64_t bytes) {
  return absl::StrFormat("%.1f GiB", static_cast<double>(bytes) / (1 << 30));
}

// LibTorch's "Tried to allocate 2.00 GiB", in small letters; nothing where it
// does not say.
std::string Asked(absl::string_view text) {
  const size_t begin = text.find("Tried to allocate ");
  if (begin == absl::string_view::npos) return "";
  const size_t end = std::min(text.find("iB", begin), text.size() - 2) + 2;
  return absl::StrCat("; t", text.substr(begin + 1, end - begin - 1));
}

std::string BankField(const ExperimentSpec& spec) {
  return spec.has_nnclr() ? "nnclr.support_set_rows"
                          : MethodName(spec) + ".bank.rows";
}

}  // namespace

std::string DescribeOutOfMemory(const ExperimentSpec& spec,
                                const MemoryShares& shares,
                                const std::string& torch_text,
                                const std::string& doing,
                                const std::string& field) {
  const int64_t rest =
      std::max<int64_t>(shares.peak - shares.weights - shares.bank, 0);
  std::string text = absl::StrCat(
      "out of GPU memory (", Gib(shares.total), Asked(torch_text),
      "): weights and optimizer ", Gib(shares.weights), ", ",
      shares.bank > 0 ? absl::StrCat("bank ", Gib(shares.bank), ", ") : "",
      "the rest ", Gib(rest), ", for ", doing, ": lower ",
      shares.bank > rest ? BankField(spec) : field);
  if (shares.bank <= rest && spec.precision() == FP32) {
    text += ", or set precision=BF16";
  }
  return text;
}

absl::Status ExplainOutOfMemory(const absl::Status& status,
                                const ExperimentSpec& spec, Learner& learner,
                                const std::string& doing,
                                const std::string& field) {
  if (!absl::IsResourceExhausted(status) || !learner.device().is_cuda()) {
    return status;
  }
  MemoryShares shares;
  const absl::Status known = CatchTorch([&] {
    const GpuMemory memory = GpuMemoryNow();
    shares.total = memory.total;
    shares.peak = memory.peak;
    shares.weights = learner.WeightBytes();
    for (const NamedTensor& named : learner.method().State()) {
      if (absl::StartsWith(named.name, "bank.")) {
        shares.bank += static_cast<int64_t>(named.tensor.nbytes());
      }
    }
    return absl::OkStatus();
  });
  if (!known.ok()) return status;
  return absl::ResourceExhaustedError(DescribeOutOfMemory(
      spec, shares, std::string(status.message()), doing, field));
}

}  // namespace snclr
