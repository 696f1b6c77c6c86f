// SPDX-License-Identifier: MIT
// Random erasing of a view that is normalised already.
#ifndef DATA_VIEWS_ERASE_H_
#define DATA_VIEWS_ERASE_H_

#include <cstdint>

#include "data/views/augmentation.pb.h"

namespace snclr {

// Noise from N(0, 1) in a random rectangle of out [3, side_px, side_px]: up to
// ten tries of an area and an aspect, the first that is smaller than the view;
// else nothing. `seed` alone decides place and noise.
void Erase(const EraseSpec& spec, uint64_t seed, int64_t side_px, float* out);

}  // namespace snclr

#endif  // DATA_VIEWS_ERASE_H_
