// SPDX-License-Identifier: MIT
#ifndef EVAL_NPY_H_
#define EVAL_NPY_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace snclr {

// The header of a tensor's .npy file, version 1.0 (numpy.lib.format): the magic
// "\x93NUMPY", the version, the length, and a Python dictionary with type,
// order and shape, filled up with spaces so that the data begins at a multiple
// of 64 bytes. InvalidArgument for another type than float32, float64 and
// int64.
absl::StatusOr<std::string> NpyHeader(const at::Tensor& tensor);

// Writes a tensor as a file that numpy.load() reads, as a whole or not at all.
// Errors besides are WriteFileAtomically's.
absl::Status WriteNpy(const at::Tensor& tensor, const std::string& path);

}  // namespace snclr

#endif  // EVAL_NPY_H_
