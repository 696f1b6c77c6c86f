// SPDX-License-Identifier: MIT
// The image files below a folder, found once and kept small.
#ifndef DATA_SOURCES_FILE_LIST_H_
#define DATA_SOURCES_FILE_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace snclr {

// What lies directly in a folder; hidden entries (".x") do not count, symbolic
// links count as what they point to.
struct FolderContent {
  std::vector<std::string> folders;  // names, sorted by bytes
  int64_t image_files = 0;           // HasImageExtension
};
absl::StatusOr<FolderContent> ListFolder(const std::string& folder);

bool IsFolder(const std::string& path);

// Image files with labels. A file costs its name and 16 bytes, so that lists of
// ten million fit. The order is that of names by bytes, files of a folder
// before its sub-folders: the same on every machine.
class FileList {
 public:
  // Adds the image files of `folder` (HasImageExtension), and where `nested`
  // those below it at any depth, all with this label. Other files are counted,
  // hidden ones ignored.
  absl::Status AddFolder(const std::string& folder, int32_t label, bool nested);

  // The same for one folder whose names are known: those of an index, or of a
  // folder that is only imagined.
  void AddNames(const std::string& folder, int32_t label,
                const std::vector<std::string>& names);

  int64_t size() const { return static_cast<int64_t>(files_.size()); }
  std::string path(int64_t index) const;
  int32_t label(int64_t index) const { return files_[index].label; }

  // Keeps the files whose element is true.
  void Keep(const std::vector<bool>& kept);

  // Files that are no images, and the path of the first one.
  int64_t other_files() const { return other_files_; }
  const std::string& other_example() const { return other_example_; }

 private:
  struct File {
    uint64_t name;    // where its name starts in names_
    uint32_t folder;  // in folders_
    int32_t label;
  };

  absl::Status AddFolder(const std::string& folder, int32_t label, bool nested,
                         int depth);
  void AddName(const std::string& folder, int32_t label, const char* name);
  // Ends a folder whose files begin at `first`.
  void EndFolder(const std::string& folder, size_t first);

  std::vector<std::string> folders_;
  std::string names_;  // each ends with '\0'
  std::vector<File> files_;
  int64_t other_files_ = 0;
  std::string other_example_;
};

// Whether there is an image file below `folder`; looks no further than the
// first.
absl::StatusOr<bool> HoldsImages(const std::string& folder);

}  // namespace snclr

#endif  // DATA_SOURCES_FILE_LIST_H_
