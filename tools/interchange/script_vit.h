// SPDX-License-Identifier: MIT
// A vision transformer as a TorchScript module, which torch.jit.load runs with
// no code of ours or of anybody else.
#ifndef TOOLS_INTERCHANGE_SCRIPT_VIT_H_
#define TOOLS_INTERCHANGE_SCRIPT_VIT_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "snclr/core/nn/vit.h"

namespace snclr {

// The file's bytes. forward(images [N, 3, S, S]) gives [N, E], as
// VisionTransformer::Forward does, for any N; parameters have timm's names and
// `extra` texts go along by their names. The module is loaded back and run on
// drawn images: Internal where its features differ from the encoder's by more
// than `tolerance`.
absl::StatusOr<std::string> ScriptVitBytes(
    VisionTransformer& vit, const std::map<std::string, std::string>& extra,
    double tolerance);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_SCRIPT_VIT_H_
