// SPDX-License-Identifier: MIT
#include "data/sources/cifar.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "data/sources/file_list.h"
#include "data/sources/read_only_file.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/fingerprint.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr int64_t kSidePx = 32;
constexpr int64_t kImageBytes = 3 * kSidePx * kSidePx;

// What tells the two data sets and their splits apart.
struct Variant {
  std::vector<std::string> files;
  std::string names_file;
  int64_t label_bytes = 1;  // before the pixels
  int64_t label_at = 0;     // of them, the one that counts
  int64_t classes = 10;
};

Variant Cifar10(Split split) {
  Variant variant;
  variant.names_file = "batches.meta.txt";
  if (split == Split::kTest) {
    variant.files = {"test_batch.bin"};
  } else {
    for (int i = 1; i <= 5; ++i) {
      variant.files.push_back(absl::StrCat("data_batch_", i, ".bin"));
    }
  }
  return variant;
}

Variant Cifar100(Split split, bool coarse) {
  Variant variant;
  variant.files = {split == Split::kTest ? "test.bin" : "train.bin"};
  variant.names_file =
      coarse ? "coarse_label_names.txt" : "fine_label_names.txt";
  variant.label_bytes = 2;
  variant.label_at = coarse ? 0 : 1;
  variant.classes = coarse ? 20 : 100;
  return variant;
}

bool Exists(const std::string& folder, const char* name) {
  return access(absl::StrCat(folder, "/", name).c_str(), F_OK) == 0;
}

// The folder with the files, and what they are.
absl::StatusOr<std::pair<std::string, Variant>> Find(const CifarSpec& spec,
                                                     Split split) {
  const std::string root = UserPath(spec.root());
  if (!IsFolder(root)) {
    return absl::NotFoundError(
        absl::StrCat("data.cifar.root: no such folder: ", root));
  }
  for (const char* below : {"", "/cifar-10-batches-bin", "/cifar-100-binary"}) {
    const std::string folder = absl::StrCat(root, below);
    if (Exists(folder, "data_batch_1.bin") ||
        Exists(folder, "test_batch.bin")) {
      return std::make_pair(folder, Cifar10(split));
    }
    if (Exists(folder, "train.bin") || Exists(folder, "test.bin")) {
      return std::make_pair(folder, Cifar100(split, spec.coarse_labels()));
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "data.cifar.root: neither data_batch_1.bin (CIFAR-10) nor train.bin ",
      "(CIFAR-100) in ", root));
}

// One name a line; the numbers where there is no such file.
absl::StatusOr<std::vector<std::string>> ReadClassNames(const std::string& path,
                                                        int64_t classes) {
  std::vector<std::string> names;
  const absl::StatusOr<ReadOnlyFile> file = ReadOnlyFile::Open(path);
  if (absl::IsNotFound(file.status())) {
    for (int64_t i = 0; i < classes; ++i) names.push_back(absl::StrCat(i));
    return names;
  }
  RETURN_IF_ERROR(file.status());
  ASSIGN_OR_RETURN(const std::string text, file->ReadAt(0, file->size()));
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) names.emplace_back(line);
  }
  if (static_cast<int64_t>(names.size()) != classes) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", names.size(), " class names, not ", classes));
  }
  return names;
}

class Cifar final : public Source {
 public:
  explicit Cifar(Variant variant) : variant_(std::move(variant)) {}

  absl::Status Open(const std::string& folder) {
    ASSIGN_OR_RETURN(
        class_names_,
        ReadClassNames(absl::StrCat(folder, "/", variant_.names_file),
                       variant_.classes));
    for (const std::string& name : variant_.files) {
      RETURN_IF_ERROR(AddFile(absl::StrCat(folder, "/", name)));
    }
    return absl::OkStatus();
  }

  int64_t size() const override { return labels_.size(); }
  const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  int64_t label(int64_t index) const override { return labels_[index]; }
  std::string name(int64_t index) const override {
    const auto [file, record] = Locate(index);
    return absl::StrCat(files_[file].path(), ":", record);
  }

  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    const auto [file, record] = Locate(index);
    EncodedImage image;
    image.format = EncodedImage::Format::kPlanarRgb;
    image.height = image.width = kSidePx;
    ASSIGN_OR_RETURN(image.bytes, files_[file].ReadAt(record * record_bytes() +
                                                          variant_.label_bytes,
                                                      kImageBytes));
    return image;
  }

  std::string fingerprint() const override {
    Fingerprint digest;
    for (const std::string& name : class_names_) digest.Add(name);
    for (size_t i = 0; i < files_.size(); ++i) {
      digest.Add(variant_.files[i]).Add(files_[i].size());
    }
    for (const uint8_t label : labels_) digest.Add(label);
    return digest.Hex();
  }

 private:
  int64_t record_bytes() const { return variant_.label_bytes + kImageBytes; }

  absl::Status AddFile(const std::string& path) {
    ASSIGN_OR_RETURN(ReadOnlyFile file, ReadOnlyFile::Open(path));
    if (file.size() == 0 || file.size() % record_bytes() != 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": ", file.size(), " bytes, not whole records of ",
                       record_bytes(), " bytes; is the file complete?"));
    }
    first_of_file_.push_back(labels_.size());
    const int64_t records = file.size() / record_bytes();
    for (int64_t i = 0; i < records; ++i) {
      uint8_t label = 0;
      RETURN_IF_ERROR(
          file.ReadAt(i * record_bytes() + variant_.label_at, 1, &label));
      if (label >= variant_.classes) {
        return absl::DataLossError(absl::StrCat(
            path, ": record ", i, " has label ", label, ", not one of ",
            variant_.classes, " classes; is this a CIFAR file?"));
      }
      labels_.push_back(label);
    }
    files_.push_back(std::move(file));
    return absl::OkStatus();
  }

  // The file that holds this image, and its record there.
  std::pair<size_t, int64_t> Locate(int64_t index) const {
    size_t file = files_.size() - 1;
    while (first_of_file_[file] > index) --file;
    return {file, index - first_of_file_[file]};
  }

  Variant variant_;
  std::vector<std::string> class_names_;
  std::vector<ReadOnlyFile> files_;
  std::vector<int64_t> first_of_file_;
  std::vector<uint8_t> labels_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenCifar(const CifarSpec& spec,
                                                  Split split) {
  ASSIGN_OR_RETURN(auto found, Find(spec, split));
  auto source = std::make_unique<Cifar>(std::move(found.second));
  RETURN_IF_ERROR(source->Open(found.first));
  return source;
}

}  // namespace snclr
