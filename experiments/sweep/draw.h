// SPDX-License-Identifier: MIT
// One value of a random search.
#ifndef EXPERIMENTS_SWEEP_DRAW_H_
#define EXPERIMENTS_SWEEP_DRAW_H_

#include <cstdint>
#include <string>

#include "experiments/proto/sweep.pb.h"

namespace snclr {

// The value of `draw` at the `point`-th point, as text: a function of seed,
// point and the draw's path alone. Numbers have 4 significant digits, so that a
// logarithm's last bit, which differs between machines, changes no run.
std::string DrawValue(const DrawSpec& draw, uint64_t seed, int64_t point);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_DRAW_H_
