// SPDX-License-Identifier: MIT
// Memory for the views of batches, used again once nobody holds it: fresh
// memory would be given back to the system and cleared by it for every batch.
#ifndef DATA_LOADING_VIEW_MEMORY_H_
#define DATA_LOADING_VIEW_MEMORY_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace snclr {

// For one thread; what it gives may be let go on any.
class ViewMemory {
 public:
  ViewMemory(std::vector<int64_t> shape, at::TensorOptions options);

  // A tensor of this shape whose memory no tensor outside uses; its values are
  // anything. It holds as much memory as was ever in use at once.
  at::Tensor Take();

 private:
  const std::vector<int64_t> shape_;
  const at::TensorOptions options_;
  std::vector<at::Tensor> owned_;
};

}  // namespace snclr

#endif  // DATA_LOADING_VIEW_MEMORY_H_
