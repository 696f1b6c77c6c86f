// SPDX-License-Identifier: MIT
#include <caffe2/serialize/inline_container.h>
#include <zlib.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "tools/interchange/pickle_reader.h"
#include "tools/interchange/torch_containers.h"
#include "tools/interchange/zip_checksums.h"

namespace snclr {
namespace {

using caffe2::serialize::PyTorchStreamReader;

constexpr char kPickleRecord[] = "data.pkl";
constexpr char kByteOrderRecord[] = "byteorder";
constexpr char kScriptRecord[] = "constants.pkl";

// LibTorch's complaint without what it says of its own code.
absl::Status DamagedArchive(const absl::Status& status) {
  std::string reason(status.message());
  reason = reason.substr(0, reason.find('\n'));
  return absl::DataLossError(absl::StrCat("cut short or damaged: ", reason));
}

class ZipFile : public TorchFile {
 public:
  absl::Status Init(const std::string& path) {
    ASSIGN_OR_RETURN(checksums_, ReadZipChecksums(path));
    const absl::Status status = CatchTorch([&] {
      archive_ = std::make_unique<PyTorchStreamReader>(path);
      return absl::OkStatus();
    });
    if (!status.ok()) return DamagedArchive(status);
    if (!Has(kPickleRecord)) {
      return absl::InvalidArgumentError(
          "a zip archive without data.pkl: torch.save did not write it");
    }
    RETURN_IF_ERROR(LookForChecksums());
    if (Has(kByteOrderRecord)) {
      ASSIGN_OR_RETURN(const Record order, Read(kByteOrderRecord));
      if (order.text() == "big") {
        return absl::InvalidArgumentError("big-endian numbers");
      }
    }
    ASSIGN_OR_RETURN(const Record pickle, Read(kPickleRecord));
    PickleReader& reader = reader_.emplace(pickle.text());
    ASSIGN_OR_RETURN(root_, reader.Next());
    return absl::OkStatus();
  }

  std::string format() const override {
    return absl::StrCat(
        Has(kScriptRecord) ? "TorchScript" : "torch.save's zip format",
        has_checksums_ ? "" : " without checksums");
  }
  const PickleValue& root() const override { return *root_; }

  absl::StatusOr<std::string> ExtraText(
      const std::string& name) const override {
    if (!Has("extra/" + name)) return "";
    ASSIGN_OR_RETURN(const Record record, Read("extra/" + name));
    return std::string(record.text());
  }

 protected:
  absl::StatusOr<at::Tensor> ReadStorage(
      const StorageRef& storage) const override {
    ASSIGN_OR_RETURN(const Record record, Read("data/" + storage.key));
    ASSIGN_OR_RETURN(const at::Tensor numbers,
                     EmptyStorage(storage, record.size));
    std::memcpy(numbers.data_ptr(), record.data.get(), numbers.nbytes());
    return numbers;
  }

 private:
  struct Record {
    at::DataPtr data;
    size_t size = 0;

    absl::string_view text() const {
      return {static_cast<const char*>(data.get()), size};
    }
  };

  // Names in the directory begin with the archive's own folder, whatever its
  // name.
  bool Has(absl::string_view name) const { return Checksum(name) != nullptr; }
  const uint32_t* Checksum(absl::string_view name) const {
    for (const auto& [full, checksum] : checksums_) {
      const size_t slash = full.find('/');
      if (slash != std::string::npos &&
          absl::string_view(full).substr(slash + 1) == name) {
        return &checksum;
      }
    }
    return nullptr;
  }

  // PyTorch can be told to write none; then its smallest record has a wrong one
  // too.
  absl::Status LookForChecksums() {
    for (const char* record : {"version", ".data/version"}) {
      if (!Has(record)) continue;
      has_checksums_ = false;
      ASSIGN_OR_RETURN(const Record version, Read(record));
      has_checksums_ = Crc32(version) == *Checksum(record);
    }
    return absl::OkStatus();
  }

  static uint32_t Crc32(const Record& record) {
    return static_cast<uint32_t>(crc32_z(
        0, static_cast<const unsigned char*>(record.data.get()), record.size));
  }

  absl::StatusOr<Record> Read(const std::string& name) const {
    const uint32_t* written = Checksum(name);
    if (written == nullptr) {
      return absl::DataLossError(
          absl::StrCat("damaged: its record '", name, "' is missing"));
    }
    Record record;
    const absl::Status status = CatchTorch([&] {
      std::tie(record.data, record.size) = archive_->getRecord(name);
      return absl::OkStatus();
    });
    if (!status.ok()) return DamagedArchive(status);
    if (has_checksums_ && Crc32(record) != *written) {
      return absl::DataLossError(
          absl::StrCat("damaged: its record '", name,
                       "' has another checksum than it was "
                       "written with"));
    }
    return record;
  }

  std::unique_ptr<PyTorchStreamReader> archive_;
  std::map<std::string, uint32_t> checksums_;
  bool has_checksums_ = true;
  std::optional<PickleReader> reader_;
  const PickleValue* root_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TorchFile>> OpenZipContainer(
    const std::string& path) {
  auto file = std::make_unique<ZipFile>();
  RETURN_IF_ERROR(file->Init(path));
  return file;
}

}  // namespace snclr
