// SPDX-License-Identifier: MIT
// What a file of whole training steps leaves to each method: how to make it,
// and what its tensors are called there.
#ifndef TOOLS_CONFORMANCE_STEP_ADAPTER_H_
#define TOOLS_CONFORMANCE_STEP_ADAPTER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "snclr/core/base/golden.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

struct StepAdapter {
  // The method of a file's metadata, its weights yet to be filled in.
  absl::StatusOr<std::unique_ptr<Method>> (*make)(
      const GoldenFile& golden, std::shared_ptr<Encoder> encoder,
      ProcessGroup& group);

  // Published prefixes and ours in their place; the first that fits counts.
  std::vector<std::pair<std::string, std::string>> prefixes;

  // The module whose output our StepOutput::embeddings is: "projector".
  std::string embeddings;

  // Relative difference of the second and later losses that float32 may have:
  // they follow weights that rounding moved, one of them perhaps as far as Adam
  // goes (train_step.cc).
  double float32_later_loss;

  // The published name of a tensor in our words.
  std::string OurName(const std::string& published) const;
};

// By the metadata's `method`; null for one that is not known.
const StepAdapter* FindStepAdapter(const std::string& method);

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_STEP_ADAPTER_H_
