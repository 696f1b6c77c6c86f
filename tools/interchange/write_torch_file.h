// SPDX-License-Identifier: MIT
// The zip file that torch.save writes, for dicts of tensors and plain values:
// torch.load(path, weights_only=True) reads it.
#ifndef TOOLS_INTERCHANGE_WRITE_TORCH_FILE_H_
#define TOOLS_INTERCHANGE_WRITE_TORCH_FILE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

struct TorchSaveContent {
  NamedTensors weights;

  // The entry of the outer dict that holds the weights; "" where the weights
  // are the whole.
  std::string weights_entry;

  // What else the outer dict has; only with a weights_entry.
  std::vector<std::pair<std::string, std::variant<int64_t, std::string>>>
      others;
};

// The file's bytes. Tensors are written contiguous, each with storage of its
// own.
absl::StatusOr<std::string> TorchSaveBytes(const TorchSaveContent& content);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_WRITE_TORCH_FILE_H_
