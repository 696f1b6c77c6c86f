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

// A name's next 8 bytes as a number that is ordered as they are; zeros follow
// its end.
uint64_t LeadingBytes(const char* name) {
  uint64_t key = 0;
  for (int i = 0; i < 8; ++i) {
    key = key << 8 | static_cast<unsigned char>(*name);
    name += *name != '\0';
  }
  return key;
}

struct KeyedFile {
  uint64_t key;
  uint64_t name;  // as in FileList
};

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
  std::vector<std::string> folders;
  RETURN_IF_ERROR(Visit(folder, [&](const char* name, bool is_folder) {
    if (is_folder) {
      folders.push_back(name);
    } else {
      AddName(folder, label, name);
    }
    return true;
  }));
  EndFolder(folder, first);
  if (!nested) return absl::OkStatus();
  std::sort(folders.begin(), folders.end());
  for (const std::string& name : folders) {
    RETURN_IF_ERROR(
        AddFolder(absl::StrCat(folder, "/", name), label, nested, depth + 1));
  }
  return absl::OkStatus();
}

void FileList::AddNames(const std::string& folder, int32_t label,
                        const std::vector<std::string>& names) {
  const size_t first = files_.size();
  for (const std::string& name : names) AddName(folder, label, name.c_str());
  EndFolder(folder, first);
}

// Names go straight into the blob and their places are sorted: no second copy
// of a folder that holds millions.
void FileList::AddName(const std::string& folder, int32_t label,
                       const char* name) {
  if (HasImageExtension(name)) {
    files_.push_back(
        {names_.size(), static_cast<uint32_t>(folders_.size()), label});
    names_.append(name, std::strlen(name) + 1);
  } else if (other_files_++ == 0) {
    other_example_ = absl::StrCat(folder, "/", name);
  }
}

void FileList::EndFolder(const std::string& folder, size_t first) {
  if (files_.size() == first) return;
  folders_.push_back(folder);
  const auto name = [this](const File& file) { return &names_[file.name]; };
  // Names of a folder begin alike ("n01440764_"), and what follows differs
  // within a few bytes: these are compared as a number.
  size_t alike = std::strlen(name(files_[first]));
  for (size_t i = first + 1; i < files_.size(); ++i) {
    const char* const other = name(files_[i]);
    const char* const one = name(files_[first]);
    size_t shared = 0;
    while (shared < alike && one[shared] == other[shared]) ++shared;
    alike = shared;
  }
  std::vector<KeyedFile> keyed;
  keyed.reserve(files_.size() - first);
  for (size_t i = first; i < files_.size(); ++i) {
    keyed.push_back({LeadingBytes(name(files_[i]) + alike), files_[i].name});
  }
  std::sort(
      keyed.begin(), keyed.end(), [&](const KeyedFile& a, const KeyedFile& b) {
        if (a.key != b.key) return a.key < b.key;
        return std::strcmp(&names_[a.name] + alike, &names_[b.name] + alike) <
               0;
      });
  for (size_t i = 0; i < keyed.size(); ++i) {
    files_[first + i].name = keyed[i].name;
  }
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
