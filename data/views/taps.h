// SPDX-License-Identifier: MIT
#ifndef DATA_VIEWS_TAPS_H_
#define DATA_VIEWS_TAPS_H_

#include <cstdint>
#include <vector>

#include "data/views/resample.h"

namespace snclr {

// What a resized axis is made of: each output of `width` source pixels from
// begin[i] on (from the image's border), with weights[i * width ...], some of
// which may be 0: a loop of one length for all outputs is the faster one.
struct Taps {
  int64_t width = 0;
  std::vector<int64_t> begin;
  std::vector<float> weights;
};

void MakeTaps(const ResizeAxis& axis, Taps& taps);

}  // namespace snclr

#endif  // DATA_VIEWS_TAPS_H_
