// SPDX-License-Identifier: MIT
#include "eval/layer_groups.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace snclr {
namespace {

constexpr char kEncoder[] = "encoder.";

// The number in "<prefix>3.norm1.weight"; -1 where the name is another one.
int64_t NumberAfter(absl::string_view name, absl::string_view prefix) {
  absl::ConsumePrefix(&name, kEncoder);
  int64_t number = -1;
  if (!absl::ConsumePrefix(&name, prefix)) return -1;
  return absl::SimpleAtoi(name.substr(0, name.find('.')), &number) ? number
                                                                   : -1;
}

bool IsStem(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kEncoder)) return false;
  for (const char* stem :
       {"patch_embed.", "cls_token", "pos_embed", "conv1.", "bn1."}) {
    if (absl::StartsWith(name, stem)) return true;
  }
  return false;
}

bool Decays(const NamedTensor& parameter) {
  return parameter.tensor.dim() > 1 &&
         !absl::EndsWith(parameter.name, "cls_token") &&
         !absl::EndsWith(parameter.name, "pos_embed");
}

// How many blocks a transformer has, or stages a residual network.
int64_t CountBlocks(const NamedTensors& parameters) {
  int64_t blocks = 0;
  for (const NamedTensor& parameter : parameters) {
    blocks = std::max({blocks, NumberAfter(parameter.name, "blocks.") + 1,
                       NumberAfter(parameter.name, "layer")});
  }
  return blocks;
}

}  // namespace

int64_t LayerOf(const std::string& name, int64_t blocks) {
  if (IsStem(name)) return 0;
  const int64_t block = NumberAfter(name, "blocks.");
  if (block >= 0) return block + 1;
  const int64_t stage = NumberAfter(name, "layer");
  return stage >= 0 ? stage : blocks + 1;
}

std::vector<LayerGroup> LayerGroups(const NamedTensors& parameters,
                                    double decay) {
  const int64_t blocks = CountBlocks(parameters);
  std::map<std::pair<int64_t, bool>, LayerGroup> groups;
  for (const NamedTensor& parameter : parameters) {
    const int64_t layer = LayerOf(parameter.name, blocks);
    LayerGroup& group = groups[{layer, Decays(parameter)}];
    group.lr_scale = std::pow(decay, static_cast<double>(blocks + 1 - layer));
    group.decays = Decays(parameter);
    group.parameters.push_back(parameter);
  }
  std::vector<LayerGroup> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

}  // namespace snclr
