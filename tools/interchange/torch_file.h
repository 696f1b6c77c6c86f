// SPDX-License-Identifier: MIT
// A file that torch.save or torch.jit.save wrote, as data. Opening reads its
// structure; a tensor's bytes are read when they are asked for, so that the
// optimizer state of a large checkpoint costs nothing.
#ifndef TOOLS_INTERCHANGE_TORCH_FILE_H_
#define TOOLS_INTERCHANGE_TORCH_FILE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/interchange/pickle_value.h"

namespace snclr {

class TorchFile {
 public:
  // Both of torch.save's formats: the zip archive of PyTorch 1.6 and newer, and
  // the one before it. NotFound; InvalidArgument where the file is another kind
  // of file or its pickle asks for what is refused; DataLoss where it is
  // damaged. Messages name the file.
  static absl::StatusOr<std::unique_ptr<TorchFile>> Open(
      const std::string& path);

  virtual ~TorchFile() = default;

  // "torch.save's zip format".
  virtual std::string format() const = 0;

  // What was saved.
  virtual const PickleValue& root() const = 0;

  // A contiguous CPU tensor of its own memory. DataLoss where the bytes are
  // missing or not as many as its storage says.
  absl::StatusOr<at::Tensor> Read(const TensorRef& tensor) const;

  // A text that torch.jit.save took along (_extra_files); "" where there is
  // none of this name.
  virtual std::string ExtraText(const std::string& name) const = 0;

 protected:
  // A flat tensor of storage.count elements.
  virtual absl::StatusOr<at::Tensor> ReadStorage(
      const StorageRef& storage) const = 0;
};

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_TORCH_FILE_H_
