// SPDX-License-Identifier: MIT
#include "data/sources/image_folder_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "data/sources/file_list.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::StatusOr<std::string> ExistingFolder(const std::string& path,
                                           const std::string& field) {
  if (IsFolder(path)) return path;
  return absl::NotFoundError(
      absl::StrCat("data.image_folder.", field, ": no such folder: ", path));
}

// `not_classes`: folders that lie in here and belong to another split.
absl::StatusOr<SplitFolder> Inspect(
    const std::string& path, const std::vector<std::string>& not_classes) {
  ASSIGN_OR_RETURN(FolderContent content, ListFolder(path));
  SplitFolder folder;
  folder.path = path;
  folder.loose_images = content.image_files;
  bool folders_hold_images = false;
  for (const std::string& name : content.folders) {
    if (std::count(not_classes.begin(), not_classes.end(), name) > 0) continue;
    folder.classes.push_back(name);
    if (!folders_hold_images) {
      ASSIGN_OR_RETURN(folders_hold_images,
                       HoldsImages(absl::StrCat(path, "/", name)));
    }
  }
  // Images beside folders that hold none: those folders are something else.
  if (!folders_hold_images && folder.loose_images > 0) folder.classes.clear();
  return folder;
}

absl::StatusOr<SplitFolder> FindTest(const ImageFolderSpec& spec,
                                     const std::string& root,
                                     bool train_is_labelled) {
  if (spec.has_test_folder()) {
    ASSIGN_OR_RETURN(const std::string path,
                     ExistingFolder(absl::StrCat(root, "/", spec.test_folder()),
                                    "test_folder"));
    return Inspect(path, {});
  }
  SplitFolder chosen;
  for (const char* name : {"test", "val"}) {
    const std::string path = absl::StrCat(root, "/", name);
    if (!IsFolder(path)) continue;
    ASSIGN_OR_RETURN(SplitFolder folder, Inspect(path, {}));
    if (!folder.classes.empty() == train_is_labelled) return folder;
    if (chosen.path.empty()) chosen = std::move(folder);
  }
  return chosen;
}

}  // namespace

absl::StatusOr<ImageFolderLayout> FindLayout(const ImageFolderSpec& spec) {
  ImageFolderLayout layout;
  ASSIGN_OR_RETURN(layout.root, ExistingFolder(UserPath(spec.root()), "root"));

  std::string train = absl::StrCat(layout.root, "/train");
  std::vector<std::string> not_classes;
  if (spec.has_train_folder()) {
    ASSIGN_OR_RETURN(train, ExistingFolder(absl::StrCat(layout.root, "/",
                                                        spec.train_folder()),
                                           "train_folder"));
  } else if (!IsFolder(train)) {
    train = layout.root;
    not_classes = {"test", "val", spec.test_folder()};
  }
  ASSIGN_OR_RETURN(layout.train, Inspect(train, not_classes));
  ASSIGN_OR_RETURN(layout.test,
                   FindTest(spec, layout.root, !layout.train.classes.empty()));
  return layout;
}

}  // namespace snclr
