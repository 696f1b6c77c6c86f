// SPDX-License-Identifier: MIT
// Parameters in groups that are trained alike: a learning rate that falls from
// layer to layer, and weight decay or none.
#ifndef EVAL_LAYER_GROUPS_H_
#define EVAL_LAYER_GROUPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// The layer of a parameter by its name, "encoder.<timm's or torchvision's>" or
// anything else: 0 for what makes tokens of pixels (patch_embed, cls_token,
// pos_embed; conv1, bn1), n + 1 for blocks.n, n for layern, and `blocks` + 1
// for what stands above them (norm, head).
int64_t LayerOf(const std::string& name, int64_t blocks);

struct LayerGroup {
  double lr_scale = 1;
  bool decays = true;
  NamedTensors parameters;
};

// decay^(top - layer) is a group's lr_scale: 1 for the head (BEiT,
// arXiv:2106.08254, App. H). What has no weight decay are vectors, the class
// token and positions (DeiT's no_weight_decay). In the order of layers; no
// group is empty.
std::vector<LayerGroup> LayerGroups(const NamedTensors& parameters,
                                    double decay);

}  // namespace snclr

#endif  // EVAL_LAYER_GROUPS_H_
