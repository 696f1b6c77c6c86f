// SPDX-License-Identifier: MIT
#include <cstring>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "tools/interchange/pickle_reader.h"
#include "tools/interchange/torch_containers.h"

namespace snclr {
namespace {

// Five pickles (magic number, version, machine, what was saved, the storages'
// keys), then for each storage in the keys' order its element count, 8 bytes,
// and its elements.
class LegacyFile : public TorchFile {
 public:
  explicit LegacyFile(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::Status Init() {
    PickleReader& reader = reader_.emplace(bytes_);
    for (int i = 0; i < 2; ++i) RETURN_IF_ERROR(reader.Next().status());
    ASSIGN_OR_RETURN(const PickleValue* machine, reader.Next());
    const PickleValue* order = machine->Find("little_endian");
    if (order == nullptr || order->As<bool>() == nullptr) {
      return absl::DataLossError("its header has no byte order");
    }
    if (!*order->As<bool>()) {
      return absl::InvalidArgumentError("big-endian numbers");
    }
    ASSIGN_OR_RETURN(root_, reader.Next());
    ASSIGN_OR_RETURN(const PickleValue* keys, reader.Next());
    const auto* list = keys->As<PickleSequence>();
    if (list == nullptr) return absl::DataLossError("no list of storages");
    for (const PickleValue* key : list->items) {
      const auto* text = key->As<std::string>();
      if (text == nullptr) return absl::DataLossError("a storage without name");
      order_.push_back(*text);
    }
    return FindStorages(reader.storages(), reader.position());
  }

  std::string format() const override {
    return "torch.save's format before PyTorch 1.6";
  }
  const PickleValue& root() const override { return *root_; }
  std::string ExtraText(const std::string&) const override { return ""; }

 protected:
  absl::StatusOr<at::Tensor> ReadStorage(
      const StorageRef& storage) const override {
    const auto found = places_.find(storage.key);
    if (found == places_.end()) {
      return absl::DataLossError(
          absl::StrCat("it has no storage '", storage.key, "'"));
    }
    ASSIGN_OR_RETURN(const at::Tensor numbers,
                     EmptyStorage(storage, found->second.size));
    std::memcpy(numbers.data_ptr(), bytes_.data() + found->second.begin,
                numbers.nbytes());
    return numbers;
  }

 private:
  struct Place {
    uint64_t begin;
    uint64_t size;
  };

  // Where each storage begins follows from the sizes of those before it.
  absl::Status FindStorages(const std::map<std::string, StorageRef>& storages,
                            uint64_t at) {
    for (const std::string& key : order_) {
      const auto storage = storages.find(key);
      uint64_t count = 0;
      if (storage == storages.end() || at + sizeof(count) > bytes_.size()) {
        return absl::DataLossError(
            absl::StrCat("cut short before its storage '", key, "'"));
      }
      std::memcpy(&count, bytes_.data() + at, sizeof(count));
      at += sizeof(count);
      const uint64_t element = c10::elementSize(storage->second.dtype);
      if (count > (bytes_.size() - at) / element) {
        return absl::DataLossError(
            absl::StrCat("cut short in its storage '", key, "'"));
      }
      places_[key] = {at, count * element};
      at += count * element;
    }
    return absl::OkStatus();
  }

  const std::string bytes_;
  std::optional<PickleReader> reader_;
  const PickleValue* root_ = nullptr;
  std::vector<std::string> order_;
  std::map<std::string, Place> places_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TorchFile>> OpenLegacyContainer(
    std::string bytes) {
  auto file = std::make_unique<LegacyFile>(std::move(bytes));
  RETURN_IF_ERROR(file->Init());
  return file;
}

}  // namespace snclr
