// SPDX-License-Identifier: MIT
// The end of what a process printed.
#ifndef EXPERIMENTS_SWEEP_LOG_TAIL_H_
#define EXPERIMENTS_SWEEP_LOG_TAIL_H_

#include <cstdint>
#include <string>

namespace snclr {

// 0 where there is no file.
int64_t FileSize(const std::string& path);

// The last line of the file behind `begin` that is not empty, without "error:
// "; a line that something else wrote into is as it is. Looks at the last 64
// KB.
std::string LastLine(const std::string& path, int64_t begin);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_LOG_TAIL_H_
