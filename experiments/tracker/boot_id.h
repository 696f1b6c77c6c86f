// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_TRACKER_BOOT_ID_H_
#define EXPERIMENTS_TRACKER_BOOT_ID_H_

#include <fstream>
#include <string>

namespace snclr {

// Names this start of this machine's kernel: two processes with the same id see
// each other's file locks. Empty where /proc does not say.
inline std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_BOOT_ID_H_
