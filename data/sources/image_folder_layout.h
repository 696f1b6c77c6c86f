// SPDX-License-Identifier: MIT
// Which folders of an image folder are training, test and classes.
#ifndef DATA_SOURCES_IMAGE_FOLDER_LAYOUT_H_
#define DATA_SOURCES_IMAGE_FOLDER_LAYOUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data.pb.h"

namespace snclr {

// The folder of one split.
struct SplitFolder {
  std::string path;
  std::vector<std::string> classes;  // folder names, sorted; empty: unlabelled
  int64_t loose_images = 0;          // beside the class folders
};

struct ImageFolderLayout {
  std::string root;  // as the user meant it, absolute
  SplitFolder train;
  SplitFolder test;  // path is empty where test images are held out of train's
};

// Follows the rules in ImageFolderSpec. Where both "test" and "val" are there
// and only one is labelled as training is, it is that one (ImageNet's "test"
// has no labels). NotFound names the field and the folder that is missing.
absl::StatusOr<ImageFolderLayout> FindLayout(const ImageFolderSpec& spec);

}  // namespace snclr

#endif  // DATA_SOURCES_IMAGE_FOLDER_LAYOUT_H_
