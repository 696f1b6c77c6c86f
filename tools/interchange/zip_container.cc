// SPDX-License-Identifier: MIT
#include <caffe2/serialize/inline_container.h>

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "tools/interchange/pickle_reader.h"
#include "tools/interchange/torch_containers.h"

namespace snclr {
namespace {

using caffe2::serialize::PyTorchStreamReader;

constexpr char kPickleRecord[] = "data.pkl";

// LibTorch's complaint without what it says of its own code.
absl::Status DamagedArchive(const absl::Status& status) {
  std::string reason(status.message());
  reason = reason.substr(0, reason.find('\n'));
  return absl::DataLossError(absl::StrCat("cut short or damaged: ", reason));
}

class ZipFile : public TorchFile {
 public:
  absl::Status Init(const std::string& path) {
    std::string pickle;
    const absl::Status status = CatchTorch([&] {
      archive_ = std::make_unique<PyTorchStreamReader>(path);
      is_script_ = archive_->hasRecord("constants.pkl");
      if (!archive_->hasRecord(kPickleRecord)) return absl::OkStatus();
      pickle = Text(kPickleRecord);
      if (archive_->hasRecord("byteorder")) order_ = Text("byteorder");
      return absl::OkStatus();
    });
    if (!status.ok()) return DamagedArchive(status);
    if (pickle.empty()) {
      return absl::InvalidArgumentError(
          "a zip archive without data.pkl: torch.save did not write it");
    }
    if (order_ == "big") {
      return absl::InvalidArgumentError("big-endian numbers");
    }
    PickleReader& reader = reader_.emplace(pickle);
    ASSIGN_OR_RETURN(root_, reader.Next());
    return absl::OkStatus();
  }

  std::string format() const override {
    return is_script_ ? "TorchScript" : "torch.save's zip format";
  }
  const PickleValue& root() const override { return *root_; }

  std::string ExtraText(const std::string& name) const override {
    std::string text;
    const absl::Status status = CatchTorch([&] {
      if (archive_->hasRecord("extra/" + name)) text = Text("extra/" + name);
      return absl::OkStatus();
    });
    return status.ok() ? text : "";
  }

 protected:
  absl::StatusOr<at::Tensor> ReadStorage(
      const StorageRef& storage) const override {
    at::Tensor numbers;
    absl::Status wrong = absl::OkStatus();
    const absl::Status status = CatchTorch([&] {
      const std::string record = "data/" + storage.key;
      auto empty = EmptyStorage(storage, archive_->getRecordSize(record));
      wrong = empty.status();
      if (!wrong.ok()) return absl::OkStatus();
      numbers = *std::move(empty);
      const auto [data, size] = archive_->getRecord(record);
      std::memcpy(numbers.data_ptr(), data.get(), numbers.nbytes());
      return absl::OkStatus();
    });
    if (!wrong.ok()) return wrong;
    if (!status.ok()) return DamagedArchive(status);
    return numbers;
  }

 private:
  std::string Text(const std::string& record) const {
    const auto [data, size] = archive_->getRecord(record);
    return std::string(static_cast<const char*>(data.get()), size);
  }

  std::unique_ptr<PyTorchStreamReader> archive_;
  std::optional<PickleReader> reader_;
  const PickleValue* root_ = nullptr;
  std::string order_;
  bool is_script_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TorchFile>> OpenZipContainer(
    const std::string& path) {
  auto file = std::make_unique<ZipFile>();
  RETURN_IF_ERROR(file->Init(path));
  return file;
}

}  // namespace snclr
