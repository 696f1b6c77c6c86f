// SPDX-License-Identifier: MIT
#include "tools/interchange/names.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace snclr {
namespace {

struct NamePair {
  const char* ours;
  const char* theirs;
};

// '*' is a block's number. A name ends behind the pattern, or goes on where the
// pattern ends with a dot.
constexpr NamePair kTorchvisionVit[] = {
    {"cls_token", "class_token"},
    {"pos_embed", "encoder.pos_embedding"},
    {"patch_embed.proj.", "conv_proj."},
    {"blocks.*.norm1.", "encoder.layers.encoder_layer_*.ln_1."},
    {"blocks.*.attn.qkv.weight",
     "encoder.layers.encoder_layer_*.self_attention.in_proj_weight"},
    {"blocks.*.attn.qkv.bias",
     "encoder.layers.encoder_layer_*.self_attention.in_proj_bias"},
    {"blocks.*.attn.proj.",
     "encoder.layers.encoder_layer_*.self_attention.out_proj."},
    {"blocks.*.norm2.", "encoder.layers.encoder_layer_*.ln_2."},
    {"blocks.*.mlp.fc1.", "encoder.layers.encoder_layer_*.mlp.0."},
    {"blocks.*.mlp.fc2.", "encoder.layers.encoder_layer_*.mlp.3."},
    {"norm.", "encoder.ln."},
    // Before torchvision 0.13; only read.
    {"blocks.*.mlp.fc1.", "encoder.layers.encoder_layer_*.mlp.linear_1."},
    {"blocks.*.mlp.fc2.", "encoder.layers.encoder_layer_*.mlp.linear_2."},
};

// `name` by the second pattern if it fits the first.
std::optional<std::string> Rename(absl::string_view name,
                                  absl::string_view from,
                                  absl::string_view to) {
  absl::string_view number;
  const size_t star = from.find('*');
  if (star != absl::string_view::npos) {
    if (!absl::StartsWith(name, from.substr(0, star))) return std::nullopt;
    name.remove_prefix(star);
    from.remove_prefix(star + 1);
    const auto* end =
        std::find_if_not(name.begin(), name.end(), absl::ascii_isdigit);
    number = name.substr(0, static_cast<size_t>(end - name.begin()));
    if (number.empty()) return std::nullopt;
    name.remove_prefix(number.size());
  }
  const bool fits =
      absl::EndsWith(from, ".") ? absl::StartsWith(name, from) : name == from;
  if (!fits) return std::nullopt;
  const std::string end(name.substr(from.size()));
  const size_t place = to.find('*');
  if (place == absl::string_view::npos) return absl::StrCat(to, end);
  return absl::StrCat(to.substr(0, place), number, to.substr(place + 1), end);
}

constexpr struct {
  Naming naming;
  const char* text;
} kNamings[] = {
    {Naming::kTimm, "timm"},
    {Naming::kDeit, "deit"},
    {Naming::kTorchvision, "torchvision"},
    {Naming::kMocoV3, "moco_v3"},
};

constexpr struct {
  Part part;
  const char* text;
} kParts[] = {
    {Part::kEncoder, "encoder"},
    {Part::kMomentumEncoder, "momentum_encoder"},
};

}  // namespace

absl::StatusOr<Naming> NamingOf(absl::string_view text) {
  for (const auto& entry : kNamings) {
    if (text == entry.text) return entry.naming;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "': wanted timm, deit, torchvision or moco_v3"));
}

std::string NamingText(Naming naming) {
  for (const auto& entry : kNamings) {
    if (naming == entry.naming) return entry.text;
  }
  return "";
}

absl::StatusOr<Part> PartOf(absl::string_view text) {
  for (const auto& entry : kParts) {
    if (text == entry.text) return entry.part;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "': wanted encoder or momentum_encoder"));
}

std::string PartText(Part part) {
  return part == Part::kEncoder ? "encoder" : "momentum_encoder";
}

std::string MocoPrefix(Part part) {
  return part == Part::kEncoder ? "module.base_encoder."
                                : "module.momentum_encoder.";
}

std::string TheirName(Naming naming, Part part, const std::string& ours) {
  if (naming == Naming::kMocoV3) return MocoPrefix(part) + ours;
  if (naming == Naming::kTorchvision) {
    for (const NamePair& pair : kTorchvisionVit) {
      if (auto theirs = Rename(ours, pair.ours, pair.theirs)) return *theirs;
    }
  }
  return ours;
}

bool IsTorchvisionVit(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "class_token") != names.end();
}

std::string OurName(const std::string& torchvision) {
  for (const NamePair& pair : kTorchvisionVit) {
    if (auto ours = Rename(torchvision, pair.theirs, pair.ours)) return *ours;
  }
  return torchvision;
}

}  // namespace snclr
