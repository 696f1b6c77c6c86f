// SPDX-License-Identifier: MIT
// The safetensors file format (github.com/huggingface/safetensors): 8 bytes
// little-endian header length, a JSON header, raw little-endian row-major data.
// Checkpoints, exported weights and golden vectors are such files; reading one
// runs no code from it.
#ifndef SNCLR_CORE_BASE_SAFETENSORS_H_
#define SNCLR_CORE_BASE_SAFETENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

struct TensorFile {
  std::map<std::string, at::Tensor> tensors;    // CPU, contiguous
  std::map<std::string, std::string> metadata;  // __metadata__

  // The tensor of this name. NotFound names it and the closest one there is.
  absl::StatusOr<at::Tensor> Get(absl::string_view name) const;
  bool Has(absl::string_view name) const;
};

// Reads a whole file. NotFound where there is none; DataLoss, naming the file
// and what is wrong, where the header, a type, a size or an offset does not
// fit.
absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path);

// The same from memory; `name` stands in messages.
absl::StatusOr<TensorFile> ParseTensorFile(absl::string_view bytes,
                                           const std::string& name);

// The bytes of a file, one piece per tensor so that large ones are not copied
// together: write header first, then each piece in order. Tensors are made
// contiguous CPU ones; data starts at a multiple of 8 bytes. InvalidArgument
// for a dtype that the format does not have.
struct TensorFileBytes {
  std::string header;
  std::vector<at::Tensor> pieces;
};
absl::StatusOr<TensorFileBytes> SerializeTensorFile(const TensorFile& file);

// Replaces the file as a whole or not at all; errors are WriteFileAtomically's
// (atomic_file.h).
absl::Status WriteTensorFile(const TensorFile& file, const std::string& path);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_SAFETENSORS_H_
