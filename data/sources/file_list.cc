// SPDX-License-Identifier: MIT
#include "data/sources/file_list.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "data/decode/image_format.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// Deeper nesting is a symbolic link that leads back up.
constexpr int kMaxDepth = 32;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

bool EntryIsFolder(DIR* parent, const dirent& entry) {
  if (entry.d_type == DT_DIR) return true;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat info;
  return fstatat(dirfd(parent), entry.d_name, &info, 0) == 0 &&
         S_ISDIR(info.st_mode);
}

// Calls `visit(name, is_folder)` for what lies in a folder until it says false.
absl::Status Visit(const std::string& folder,
                   absl::FunctionRef<bool(const char*, bool)> visit) {
  const std::unique_ptr<DIR, CloseFolder> open(opendir(folder.c_str()));
  if (open == nullptr) return absl::ErrnoToStatus(errno, folder);
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(open.get());
    if (entry == nullptr) {
      return errno == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, folder);
    }
    if (entry->d_name[0] == '.') continue;
    if (!visit(entry->d_name, EntryIsFolder(open.get(), *entry))) {
      return absl::OkStatus();
    }
  }
}

absl::Status CheckDepth(const std::string& folder, int depth) {
  if (depth <= kMaxDepth) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      folder, ": folders are nested more than ", kMaxDepth,
      " deep; does a symbolic link lead back to a folder above it?"));
}

absl::StatusOr<bool> HoldsImages(const std::string& folder, int depth) {
  RETURN_IF_ERROR(CheckDepth(folder, depth));
  bool found = false;
  std::vector<std::string> folders;
  RETURN_IF_ERROR(Visit(folder, [&](const char* name, bool is_folder) {
    if (is_folder) {
      folders.push_back(name);
    } else {
      found = HasImageExtension(name);
    }
    return !found;
  }));
  for (const std::string& name : folders) {
    if (found) break;
    ASSIGN_OR_RETURN(found,
                     HoldsImages(absl::StrCat(folder, "/", name), depth + 1));
  }
  return found;
}

}  // namespace

absl::StatusOr<FolderContent> ListFolder(const std::string& folder) {
  FolderContent content;
  RETURN_IF_ERROR(Visit(folder, [&](const char* name, bool is_folder) {
    if (is_folder) {
      content.folders.push_back(name);
    } else {
      content.image_files += HasImageExtension(name);
    }
    return true;
  }));
  std::sort(content.folders.begin(), content.folders.end());
  return content;
}

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

absl::StatusOr<bool> HoldsImages(const std::string& folder) {
  return HoldsImages(folder, 0);
}

absl::Status FileList::AddFolder(const std::string& folder, int32_t label,
                                 bool nested) {
  return AddFolder(folder, label, nested, /*depth=*/0);
}

absl::Status FileList::AddFolder(const std::string& folder, int32_t label,
                                 bool nested, int depth) {
  RETURN_IF_ERROR(CheckDepth(folder, depth));
  const size_t first = files_.size();
  const uint32_t folder_number = folders_.size();
  std::vector<std::string> folders;
  // Names go straight into the blob and their places are sorted: no second copy
  // of a folder that holds millions.
  RETURN_IF_ERROR(Visit(folder, [&](const char* name, bool is_folder) {
    if (is_folder) {
      folders.push_back(name);
    } else if (HasImageExtension(name)) {
      files_.push_back({names_.size(), folder_number, label});
      names_.append(name, std::strlen(name) + 1);
    } else if (other_files_++ == 0) {
      other_example_ = absl::StrCat(folder, "/", name);
    }
    return true;
  }));
  if (files_.size() > first) folders_.push_back(folder);
  std::sort(files_.begin() + first, files_.end(),
            [this](const File& a, const File& b) {
              return std::strcmp(&names_[a.name], &names_[b.name]) < 0;
            });
  if (!nested) return absl::OkStatus();
  std::sort(folders.begin(), folders.end());
  for (const std::string& name : folders) {
    RETURN_IF_ERROR(
        AddFolder(absl::StrCat(folder, "/", name), label, nested, depth + 1));
  }
  return absl::OkStatus();
}

std::string FileList::path(int64_t index) const {
  const File& file = files_[index];
  return absl::StrCat(folders_[file.folder], "/", &names_[file.name]);
}

void FileList::Keep(const std::vector<bool>& kept) {
  size_t to = 0;
  for (size_t from = 0; from < files_.size(); ++from) {
    if (kept[from]) files_[to++] = files_[from];
  }
  files_.resize(to);
}

}  // namespace snclr
