// SPDX-License-Identifier: MIT
#include "tools/interchange/encoder_weights.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// An encoder has one of these, whatever its kind and naming.
constexpr const char* kTrunkNames[] = {
    "cls_token",        "class_token", "pos_embed", "patch_embed.proj.weight",
    "conv_proj.weight", "conv1.weight"};

// What stands behind the features: a classifier, or MoCo v3's projector.
constexpr const char* kHeads[] = {"head", "heads", "head_dist", "fc",
                                  "pre_logits"};

std::vector<std::string> Prefixes(Part part) {
  const std::string moco = MocoPrefix(part);
  std::vector<std::string> prefixes = {
      moco, std::string(absl::StripPrefix(moco, "module."))};
  if (part == Part::kEncoder) {
    prefixes.push_back("module.");
    prefixes.push_back("");
  }
  return prefixes;
}

std::optional<std::string> FindPrefix(const std::set<std::string>& names,
                                      Part part) {
  for (const std::string& prefix : Prefixes(part)) {
    for (const char* trunk : kTrunkNames) {
      if (names.count(prefix + trunk) > 0) return prefix;
    }
  }
  return std::nullopt;
}

std::string FirstPart(absl::string_view name) {
  return std::string(name.substr(0, name.find('.')));
}

bool IsHead(const std::string& first_part) {
  return std::find(std::begin(kHeads), std::end(kHeads), first_part) !=
         std::end(kHeads);
}

absl::Status NotThere(const std::set<std::string>& names,
                      const std::string& path, Part part) {
  std::set<std::string> groups;
  for (const std::string& name : names) {
    groups.insert(FirstPart(absl::StripPrefix(name, "module.")));
  }
  std::vector<std::string> some(groups.begin(), groups.end());
  const size_t all = some.size();
  if (some.size() > 8) some.resize(8);
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": its ", names.size(), " tensors have no ",
      part == Part::kEncoder ? "vision transformer's or ResNet's encoder"
                             : "momentum encoder",
      "; they begin with ", absl::StrJoin(some, ", "),
      all > some.size() ? ", ..." : ""));
}

}  // namespace

absl::StatusOr<EncoderWeights> PickEncoder(const ForeignFile& file,
                                           const std::string& path, Part part) {
  const std::vector<std::string> all = file.Names();
  const std::set<std::string> names(all.begin(), all.end());
  const auto prefix = FindPrefix(names, part);
  if (!prefix) return NotThere(names, path, part);
  EncoderWeights weights;
  weights.prefix = *prefix;
  std::vector<std::string> inner;  // names behind the prefix
  std::map<std::string, int> left_out;
  for (const std::string& name : names) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, *prefix)) {
      ++left_out[FirstPart(absl::StripPrefix(name, "module."))];
    } else if (IsHead(FirstPart(rest))) {
      ++left_out[FirstPart(rest) + " (its projector or classifier)"];
    } else {
      inner.emplace_back(rest);
    }
  }
  for (const auto& [group, count] : left_out) {
    weights.left_out.push_back(absl::StrCat(count, " of ", group));
  }
  weights.is_torchvision = IsTorchvisionVit(inner);
  std::map<std::string, int> converted;
  for (const std::string& name : inner) {
    ASSIGN_OR_RETURN(at::Tensor tensor, file.Read(*prefix + name));
    if (tensor.is_floating_point()) {
      if (tensor.scalar_type() != at::kFloat) {
        ++converted[c10::toString(tensor.scalar_type())];
        tensor = tensor.to(at::kFloat);
      }
      if (!at::isfinite(tensor).all().item<bool>()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": its '", *prefix, name,
                         "' has numbers that are not finite"));
      }
    }
    weights.tensors[weights.is_torchvision ? OurName(name) : name] = tensor;
  }
  weights.converted =
      absl::StrJoin(converted, ", ", [](std::string* out, const auto& entry) {
        absl::StrAppend(out, entry.second, " tensors from ", entry.first);
      });
  return weights;
}

absl::Status CheckTensors(const EncoderWeights& weights,
                          const Encoder& encoder) {
  std::map<std::string, at::Tensor> wanted;
  for (const auto& item : encoder.named_parameters()) {
    wanted[item.key()] = item.value();
  }
  for (const auto& item : encoder.named_buffers()) {
    wanted[item.key()] = item.value();
  }
  for (const auto& [name, tensor] : wanted) {
    const auto found = weights.tensors.find(name);
    if (found == weights.tensors.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("tensor '", weights.prefix, name, "' is missing"));
    }
    if (found->second.sizes() != tensor.sizes()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "tensor '", weights.prefix, name, "' is [",
          absl::StrJoin(found->second.sizes(), ", "), "], wanted [",
          absl::StrJoin(tensor.sizes(), ", "), "]"));
    }
  }
  for (const auto& entry : weights.tensors) {
    if (wanted.count(entry.first) == 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          "tensor '", weights.prefix, entry.first,
          "' has no place in this encoder: it is of another architecture"));
    }
  }
  return absl::OkStatus();
}

}  // namespace snclr
