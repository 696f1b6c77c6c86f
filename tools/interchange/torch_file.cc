// SPDX-License-Identifier: MIT
#include "tools/interchange/torch_file.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "tools/interchange/torch_containers.h"

namespace snclr {
namespace {

// The format before 1.6 begins with a pickle of torch's magic number: two bytes
// of protocol, then a LONG1 of 10 bytes.
constexpr absl::string_view kLegacyMagic(
    "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13);
constexpr absl::string_view kZipMagic("PK\x03\x04", 4);
constexpr absl::string_view kTarMagic("ustar", 5);
constexpr size_t kTarMagicAt = 257;

absl::StatusOr<std::unique_ptr<TorchFile>> OpenByMagic(const std::string& path,
                                                       std::ifstream& stream) {
  std::string start(512, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  if (absl::StartsWith(start, kZipMagic)) return OpenZipContainer(path);
  if (start.size() > 2 &&
      start.compare(2, kLegacyMagic.size(), kLegacyMagic.data(),
                    kLegacyMagic.size()) == 0) {
    stream.clear();
    stream.seekg(0);
    return OpenLegacyContainer(
        std::string(std::istreambuf_iterator<char>(stream), {}));
  }
  if (start.size() > kTarMagicAt &&
      start.compare(kTarMagicAt, kTarMagic.size(), kTarMagic.data(),
                    kTarMagic.size()) == 0) {
    return absl::InvalidArgumentError(
        "a tar archive, as PyTorch before 0.1.10 saved, or packed files: "
        "unpack it, or save it anew");
  }
  return absl::InvalidArgumentError(
      "no checkpoint: neither safetensors nor a file of torch.save");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TorchFile>> TorchFile::Open(
    const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        absl::StrCat(path, ": no file that can be read"));
  }
  auto file = OpenByMagic(path, stream);
  RETURN_IF_ERROR(file.status()) << path;
  return file;
}

absl::StatusOr<at::Tensor> TorchFile::Read(const TensorRef& tensor) const {
  ASSIGN_OR_RETURN(const at::Tensor numbers, ReadStorage(tensor.storage));
  return numbers.as_strided(tensor.sizes, tensor.strides, tensor.offset)
      .clone(at::MemoryFormat::Contiguous);
}

absl::StatusOr<at::Tensor> EmptyStorage(const StorageRef& storage,
                                        uint64_t bytes_there) {
  const uint64_t element = c10::elementSize(storage.dtype);
  if (static_cast<uint64_t>(storage.count) > bytes_there / element) {
    return absl::DataLossError(absl::StrCat(
        "its storage '", storage.key, "' should have ", storage.count,
        " numbers of ", element, " bytes; ", bytes_there, " bytes are there"));
  }
  return at::empty({storage.count}, at::TensorOptions().dtype(storage.dtype));
}

}  // namespace snclr
