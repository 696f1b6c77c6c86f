// SPDX-License-Identifier: MIT
#include "eval/npy.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// Magic, version, and the length of the rest in two bytes.
constexpr size_t kPreambleBytes = 10;
constexpr size_t kAlignmentBytes = 64;

// numpy's word for a type; empty for one that is not written.
std::string TypeName(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "<f4";
    case at::kDouble:
      return "<f8";
    case at::kLong:
      return "<i8";
    default:
      return "";
  }
}

}  // namespace

absl::StatusOr<std::string> NpyHeader(const at::Tensor& tensor) {
  const std::string type = TypeName(tensor.scalar_type());
  if (type.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no .npy file of type ",
                     c10::toString(tensor.scalar_type()), " is written"));
  }
  // One column is "(7,)" to Python.
  std::string text =
      absl::StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': (",
                   absl::StrJoin(tensor.sizes(), ", "),
                   tensor.dim() == 1 ? "," : "", "), }");
  const size_t unpadded = kPreambleBytes + text.size() + 1;
  text.append((kAlignmentBytes - unpadded % kAlignmentBytes) % kAlignmentBytes,
              ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

absl::Status WriteNpy(const at::Tensor& tensor, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string header, NpyHeader(tensor));
  return CatchTorch([&] {
    const at::Tensor data = tensor.detach().cpu().contiguous();
    return WriteFileAtomically(
        path, {absl::MakeConstSpan(header),
               {static_cast<const char*>(data.const_data_ptr()),
                static_cast<size_t>(data.nbytes())}});
  });
}

}  // namespace snclr
