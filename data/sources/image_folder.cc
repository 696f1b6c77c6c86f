// SPDX-License-Identifier: MIT
#include "data/sources/image_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/decode/image_format.h"
#include "data/sources/file_list.h"
#include "data/sources/image_folder_layout.h"
#include "data/sources/parallel_for.h"
#include "data/sources/read_only_file.h"
#include "data/sources/stratified.h"
#include "snclr/core/base/fingerprint.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// Sizes of files are asked for by several threads: the answers come from a disk
// or a network.
constexpr int kSizeThreads = 8;
constexpr int64_t kSizesOfAThread = 256;
constexpr int64_t kSizesAtOnce = 1 << 16;

// -1 where there is no such file.
int64_t SizeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_size : -1;
}

class ImageFolder final : public Source {
 public:
  ImageFolder(std::string root, std::vector<std::string> class_names,
              FileList files)
      : root_(std::move(root)),
        class_names_(std::move(class_names)),
        files_(std::move(files)) {}

  int64_t size() const override { return files_.size(); }
  const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  int64_t label(int64_t index) const override { return files_.label(index); }
  std::string name(int64_t index) const override { return files_.path(index); }

  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    const std::string path = files_.path(index);
    ASSIGN_OR_RETURN(const ReadOnlyFile file, ReadOnlyFile::Open(path));
    ASSIGN_OR_RETURN(std::string bytes, file.ReadAt(0, file.size()));
    absl::StatusOr<EncodedImage> encoded = AsEncodedImage(std::move(bytes));
    RETURN_IF_ERROR(encoded.status()) << path;
    return encoded;
  }

  // Asks for every file's size, which takes minutes where there are millions
  // behind a network: once, and then it is known.
  std::string fingerprint() const override {
    std::call_once(fingerprint_once_, [this] { fingerprint_ = Digest(); });
    return fingerprint_;
  }

 private:
  // Paths count from the root, so a data set that moved is still the same.
  std::string Digest() const {
    Fingerprint digest;
    for (const std::string& name : class_names_) digest.Add(name);
    std::vector<int64_t> sizes(std::min(size(), kSizesAtOnce));
    for (int64_t begin = 0; begin < size(); begin += kSizesAtOnce) {
      const int64_t count = std::min(kSizesAtOnce, size() - begin);
      const absl::Status known = ParallelFor(
          (count + kSizesOfAThread - 1) / kSizesOfAThread, kSizeThreads,
          [&](int64_t part) {
            const int64_t first = part * kSizesOfAThread;
            const int64_t last = std::min(first + kSizesOfAThread, count);
            for (int64_t i = first; i < last; ++i) {
              sizes[i] = SizeOf(files_.path(begin + i));
            }
            return absl::OkStatus();
          });
      CHECK(known.ok()) << known;
      for (int64_t i = 0; i < count; ++i) {
        digest
            .Add(absl::string_view(files_.path(begin + i)).substr(root_.size()))
            .Add(sizes[i])
            .Add(files_.label(begin + i));
      }
    }
    return digest.Hex();
  }

  std::string root_;
  std::vector<std::string> class_names_;
  FileList files_;
  mutable std::once_flag fingerprint_once_;
  mutable std::string fingerprint_;
};

// All images of a split's folder, labelled as `class_names` are numbered.
absl::StatusOr<FileList> ListImages(const SplitFolder& folder,
                                    const std::vector<std::string>& class_names,
                                    bool warn) {
  FileList files;
  if (folder.classes.empty()) {
    RETURN_IF_ERROR(
        files.AddFolder(folder.path, kUnlabelled, /*nested=*/false));
  } else if (folder.loose_images > 0 && warn) {
    LOG(WARNING) << folder.path << ": " << folder.loose_images
                 << " images lie beside the class folders and are left out";
  }
  for (const std::string& name : folder.classes) {
    const auto found =
        std::lower_bound(class_names.begin(), class_names.end(), name);
    if (found == class_names.end() || *found != name) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder.path, "/", name,
                       ": no class of the training images has this name"));
    }
    const std::string path = absl::StrCat(folder.path, "/", name);
    const int64_t before = files.size();
    RETURN_IF_ERROR(files.AddFolder(path, found - class_names.begin(),
                                    /*nested=*/true));
    if (files.size() == before && warn) {
      LOG(WARNING) << "empty class folder: no image in " << path;
    }
  }
  const std::string others =
      files.other_files() == 0
          ? ""
          : absl::StrCat(files.other_files(), " other files, such as ",
                         files.other_example());
  if (files.size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("no images: ", folder.path,
                     " and the folders in it hold no .jpg, .jpeg or .png file",
                     others.empty() ? "" : absl::StrCat(" (", others, ")")));
  }
  if (!others.empty() && warn) {
    LOG(INFO) << folder.path << ": left out " << others;
  }
  return files;
}

// Which images are kept for testing: the same share of each class.
std::vector<bool> HeldOut(const FileList& files, size_t classes,
                          double fraction) {
  const auto label = [&files](int64_t i) { return files.label(i); };
  std::vector<int64_t> quotas = CountByClass(files.size(), classes, label);
  for (int64_t& n : quotas) {
    // A class of two or more has at least one image on either side.
    const int64_t held = static_cast<int64_t>(n * fraction + 0.5);
    n = fraction == 0 || n < 2 ? 0 : std::clamp<int64_t>(held, 1, n - 1);
  }
  return ChooseByClass(files.size(), quotas, label, SubsetPurpose::kHoldout);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenImageFolder(
    const ImageFolderSpec& spec, Split split) {
  ASSIGN_OR_RETURN(ImageFolderLayout layout, FindLayout(spec));
  const bool has_test_folder = !layout.test.path.empty();
  const bool is_train = split == Split::kTrain;
  const SplitFolder& folder =
      is_train || !has_test_folder ? layout.train : layout.test;
  // Unlabelled training images leave the numbering to the test folder.
  const std::vector<std::string> class_names =
      folder.classes.empty() || layout.train.classes.empty()
          ? folder.classes
          : layout.train.classes;

  // The training folder is warned of once, when it is opened for training.
  ASSIGN_OR_RETURN(FileList files, ListImages(folder, class_names,
                                              is_train || has_test_folder));
  if (!has_test_folder) {
    std::vector<bool> kept =
        HeldOut(files, class_names.size(), spec.holdout_fraction());
    if (is_train) kept.flip();
    files.Keep(kept);
    if (files.size() == 0) {
      return absl::NotFoundError(absl::StrCat(
          "no test images: ", layout.root, " has no test or val folder and ",
          "data.image_folder.holdout_fraction ", spec.holdout_fraction(),
          " leaves none"));
    }
  }
  return std::make_unique<ImageFolder>(layout.root, class_names,
                                       std::move(files));
}

}  // namespace snclr
