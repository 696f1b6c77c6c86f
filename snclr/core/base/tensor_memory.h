// SPDX-License-Identifier: MIT
// Memory of CPU tensors, kept for the next tensor of the same size.
#ifndef SNCLR_CORE_BASE_TENSOR_MEMORY_H_
#define SNCLR_CORE_BASE_TENSOR_MEMORY_H_

#include <cstdint>

namespace snclr {

// From here on, what LibTorch's CPU tensors of 1 MiB and more free is kept, and
// the next of the same size gets it; smaller ones go the usual way.
//
// A step makes and drops the same large tensors again and again. glibc gives
// each above 32 MiB back to the system by default, and gets new pages for the
// next, which the kernel clears one by one; told to keep them all, it cuts what
// it kept into pieces, so that a process grows by a fifth beyond what its
// tensors ever held.
//
// Memory that waits never lets the whole exceed 1.1 times the most that tensors
// held at once: where another size is asked for then, what was freed longest
// ago goes back to the system.
//
// Call it before the first tensor, once.
void KeepTensorMemory();

// Bytes of those tensors: held now, and waiting.
struct TensorMemory {
  int64_t held, waiting;
};
TensorMemory TensorMemoryNow();

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_TENSOR_MEMORY_H_
