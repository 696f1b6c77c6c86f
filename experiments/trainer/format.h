// SPDX-License-Identifier: MIT
// Numbers as a person reads them.
#ifndef EXPERIMENTS_TRAINER_FORMAT_H_
#define EXPERIMENTS_TRAINER_FORMAT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace snclr {

// "1,234,567".
std::string FormatCount(int64_t count);

// "0.4 s", "48 s", "2 min 31 s", "3 h 05 min", "2 d 4 h".
std::string FormatTime(absl::Duration duration);

// Four significant digits, as a loss is read: "4.125", "0.01234", "12.35";
// "nan".
std::string FormatLoss(double loss);

// "4.1e-04".
std::string FormatRate(double rate);

// "1,234" from 100 on, "41.5" below.
std::string FormatSpeed(double per_second);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_FORMAT_H_
