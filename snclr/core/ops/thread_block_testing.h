// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_THREAD_BLOCK_TESTING_H_
#define SNCLR_CORE_OPS_THREAD_BLOCK_TESTING_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "snclr/core/ops/thread_block.h"

namespace snclr {

// A block's phases on the CPU (thread_block.h). Threads go through a phase in
// turns from the last to the first, or from the first to the last: what comes
// out must not depend on it.
template <typename OwnRegisters>
class HostBlock {
 public:
  using Registers = OwnRegisters;

  explicit HostBlock(bool backwards) : backwards_(backwards) {}

  template <typename Body>
  void Each(const Body& body) {
    for (int i = 0; i < kBlockThreads; ++i) {
      const int thread = backwards_ ? kBlockThreads - 1 - i : i;
      body(thread, registers_[thread]);
    }
  }

 private:
  const bool backwards_;
  std::vector<Registers> registers_{kBlockThreads};
};

// Memory as a block's threads share it: aligned, of no known content.
class SharedBytes {
 public:
  explicit SharedBytes(int64_t bytes)
      : data_(static_cast<unsigned char*>(
                  std::aligned_alloc(128, (bytes + 127) / 128 * 128)),
              &std::free) {
    for (int64_t i = 0; i < bytes; ++i) data_.get()[i] = 0xff;  // NaN
  }
  unsigned char* data() const { return data_.get(); }

 private:
  std::unique_ptr<unsigned char, decltype(&std::free)> data_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_THREAD_BLOCK_TESTING_H_
