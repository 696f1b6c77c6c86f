// SPDX-License-Identifier: MIT
#include "snclr/core/base/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/did_you_mean.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr struct {
  const char* name;
  at::ScalarType type;
} kTypes[] = {
    {"F64", at::kDouble},    {"F32", at::kFloat}, {"F16", at::kHalf},
    {"BF16", at::kBFloat16}, {"I64", at::kLong},  {"I32", at::kInt},
    {"I16", at::kShort},     {"I8", at::kChar},   {"U8", at::kByte},
    {"BOOL", at::kBool},
};

// Headers are small; a larger number is not a safetensors file at all.
constexpr uint64_t kMaxHeaderBytes = 100 << 20;

std::optional<at::ScalarType> TypeOfName(const std::string& name) {
  for (const auto& entry : kTypes) {
    if (name == entry.name) return entry.type;
  }
  return std::nullopt;
}

absl::StatusOr<at::Tensor> ParseTensor(const std::string& tensor_name,
                                       const nlohmann::json& entry,
                                       absl::string_view data,
                                       const std::string& file) {
  const auto damaged = [&](absl::string_view what) {
    return absl::DataLossError(
        absl::StrCat(file, ": tensor '", tensor_name, "': ", what));
  };
  if (!entry.is_object() || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets") ||
      !entry["dtype"].is_string() || !entry["shape"].is_array() ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
    return damaged("its header entry has no dtype, shape and data_offsets");
  }
  const auto type_name = entry["dtype"].get<std::string>();
  const auto type = TypeOfName(type_name);
  if (!type) return damaged(absl::StrCat("unknown dtype '", type_name, "'"));
  std::vector<int64_t> shape;
  uint64_t bytes = c10::elementSize(*type);
  int64_t reach = static_cast<int64_t>(bytes);  // bytes, were no side 0
  for (const auto& side : entry["shape"]) {
    if (!side.is_number_unsigned()) return damaged("a shape that is no number");
    const auto length = side.get<uint64_t>();
    if (__builtin_mul_overflow(reach, std::max<uint64_t>(length, 1), &reach)) {
      return damaged("a shape that is too large");
    }
    shape.push_back(static_cast<int64_t>(length));
    bytes *= length;
  }
  for (const auto& offset : entry["data_offsets"]) {
    if (!offset.is_number_unsigned())
      return damaged("an offset that is no number");
  }
  const auto begin = entry["data_offsets"][0].get<uint64_t>();
  const auto end = entry["data_offsets"][1].get<uint64_t>();
  if (begin > end || end > data.size() || end - begin != bytes) {
    return damaged(absl::StrCat("bytes ", begin, " to ", end, " of ",
                                data.size(), "; its shape needs ", bytes));
  }
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(*type));
  if (bytes > 0) std::memcpy(tensor.data_ptr(), data.data() + begin, bytes);
  return tensor;
}

}  // namespace

absl::StatusOr<at::Tensor> TensorFile::Get(absl::string_view name) const {
  const auto found = tensors.find(std::string(name));
  if (found != tensors.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : tensors) names.push_back(entry.first);
  return absl::NotFoundError(absl::StrCat(
      "no tensor '", name, "' among ", names.size(), DidYouMean(name, names)));
}

bool TensorFile::Has(absl::string_view name) const {
  return tensors.count(std::string(name)) > 0;
}

absl::StatusOr<TensorFile> ParseTensorFile(absl::string_view bytes,
                                           const std::string& name) {
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof(header_bytes)) {
    return absl::DataLossError(absl::StrCat(name, ": ", bytes.size(),
                                            " bytes are no safetensors file"));
  }
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  bytes.remove_prefix(sizeof(header_bytes));
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size()) {
    return absl::DataLossError(
        absl::StrCat(name, ": no safetensors file, or cut short (header of ",
                     header_bytes, " bytes, ", bytes.size(), " there)"));
  }
  const absl::string_view header_text = bytes.substr(0, header_bytes);
  const absl::string_view data = bytes.substr(header_bytes);
  const auto header =
      nlohmann::json::parse(header_text.begin(), header_text.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!header.is_object()) {
    return absl::DataLossError(absl::StrCat(name, ": its header is not JSON"));
  }
  TensorFile file;
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      if (!entry.is_object()) {
        return absl::DataLossError(absl::StrCat(name, ": damaged metadata"));
      }
      for (const auto& [field, value] : entry.items()) {
        if (value.is_string()) file.metadata[field] = value.get<std::string>();
      }
      continue;
    }
    ASSIGN_OR_RETURN(file.tensors[key], ParseTensor(key, entry, data, name));
  }
  return file;
}

absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream stream(path, std::ios::binary);
  if (error || !stream) {
    return absl::NotFoundError(
        absl::StrCat(path, ": no file that can be read"));
  }
  std::string bytes(size, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
  }
  return ParseTensorFile(bytes, path);
}

absl::StatusOr<TensorFileBytes> SerializeTensorFile(const TensorFile& file) {
  TensorFileBytes bytes;
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  int64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const char* type_name = nullptr;
    for (const auto& entry : kTypes) {
      if (entry.type == tensor.scalar_type()) type_name = entry.name;
    }
    if (type_name == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor '", name, "': safetensors has no type for ",
                       c10::toString(tensor.scalar_type())));
    }
    const int64_t end = offset + static_cast<int64_t>(tensor.nbytes());
    header[name] = {{"dtype", type_name},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
    bytes.pieces.push_back(tensor.detach().cpu().contiguous());
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {  // the one error of dump()
    return absl::InvalidArgumentError(
        "a tensor's name or metadata that is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  bytes.header.assign(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes.header += text;
  return bytes;
}

absl::Status WriteTensorFile(const TensorFile& file, const std::string& path) {
  ASSIGN_OR_RETURN(const TensorFileBytes bytes, SerializeTensorFile(file));
  std::vector<absl::Span<const char>> pieces = {bytes.header};
  for (const at::Tensor& piece : bytes.pieces) {
    pieces.emplace_back(static_cast<const char*>(piece.const_data_ptr()),
                        piece.nbytes());
  }
  return WriteFileAtomically(path, pieces);
}

}  // namespace snclr
