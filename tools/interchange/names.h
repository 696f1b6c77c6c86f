// SPDX-License-Identifier: MIT
// The names that other libraries give an encoder's tensors. Ours are timm's for
// a vision transformer and torchvision's for a ResNet, so most of it is a
// prefix.
#ifndef TOOLS_INTERCHANGE_NAMES_H_
#define TOOLS_INTERCHANGE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

enum class Naming {
  kTimm,         // ours
  kDeit,         // timm's, in a dict under "model"
  kTorchvision,  // VisionTransformer's own; a ResNet's are ours
  kMocoV3,       // timm's, behind "module.base_encoder.", under "state_dict"
};

// Which of a checkpoint's two encoders.
enum class Part { kEncoder, kMomentumEncoder };

// "timm", "deit", "torchvision", "moco_v3". InvalidArgument lists them.
absl::StatusOr<Naming> NamingOf(absl::string_view text);
std::string NamingText(Naming naming);

// "encoder", "momentum_encoder". InvalidArgument lists them.
absl::StatusOr<Part> PartOf(absl::string_view text);
std::string PartText(Part part);

// What stands before the names of MoCo v3's and SNCLR's published checkpoints:
// "module.base_encoder.", "module.momentum_encoder.".
std::string MocoPrefix(Part part);

// Our name of an encoder's tensor in another naming, any prefix included.
std::string TheirName(Naming naming, Part part, const std::string& ours);

// Whether these names (prefixes removed) are those of torchvision's vision
// transformer.
bool IsTorchvisionVit(const std::vector<std::string>& names);

// Our name for one of torchvision's vision transformer, older versions' too;
// a name that is in no table comes back as it is.
std::string OurName(const std::string& torchvision);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_NAMES_H_
