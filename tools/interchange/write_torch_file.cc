// SPDX-License-Identifier: MIT
#include "tools/interchange/write_torch_file.h"

#include <ATen/core/Dict.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

using c10::IValue;
using c10::impl::GenericDict;
using caffe2::serialize::PyTorchStreamWriter;

constexpr char kByteOrder[] = "little";

GenericDict EmptyDict() {
  return GenericDict(c10::StringType::get(), c10::AnyType::get());
}

GenericDict AsDict(const TorchSaveContent& content) {
  GenericDict weights = EmptyDict();
  for (const auto& [name, tensor] : content.weights) {
    weights.insert(name,
                   tensor.detach().cpu().clone(at::MemoryFormat::Contiguous));
  }
  if (content.weights_entry.empty()) return weights;
  GenericDict outer = EmptyDict();
  for (const auto& [name, value] : content.others) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      outer.insert(name, *number);
    } else {
      outer.insert(name, std::get<std::string>(value));
    }
  }
  outer.insert(content.weights_entry, weights);
  return outer;
}

}  // namespace

absl::StatusOr<std::string> TorchSaveBytes(const TorchSaveContent& content) {
  std::string file;
  const absl::Status status = CatchTorch([&] {
    std::string pickle;
    // Without type tags, which weights_only refuses.
    torch::jit::Pickler pickler(
        [&](const char* data, size_t size) { pickle.append(data, size); },
        /*tensor_table=*/nullptr, /*type_renamer=*/nullptr,
        /*memoized_class_types=*/nullptr, /*get_tensor_id=*/nullptr,
        /*tag_aggregates=*/false);
    pickler.protocol();
    pickler.pushIValue(IValue(AsDict(content)));
    pickler.stop();
    PyTorchStreamWriter writer([&](const void* data, size_t size) {
      file.append(static_cast<const char*>(data), size);
      return size;
    });
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeRecord("byteorder", kByteOrder, sizeof(kByteOrder) - 1);
    int64_t key = 0;
    for (const at::Tensor& tensor : pickler.tensorData()) {
      writer.writeRecord(absl::StrCat("data/", key++), tensor.const_data_ptr(),
                         tensor.nbytes());
    }
    writer.writeEndOfFile();
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status) << "writing torch.save's format";
  return file;
}

}  // namespace snclr
