// SPDX-License-Identifier: MIT
#include "experiments/tracker/run_folder.h"

#include <filesystem>
#include <system_error>

namespace snclr {
namespace {

namespace fs = std::filesystem;

// Absolute, without links, dots and a slash at the end.
fs::path Canonical(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) canonical = path.lexically_normal();
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

fs::path FolderOf(const std::string& db_path) {
  return Canonical(db_path).parent_path();
}

}  // namespace

std::string StoredRunFolder(const std::string& db_path,
                            const std::string& folder) {
  const fs::path absolute = Canonical(folder);
  const fs::path below = absolute.lexically_relative(FolderOf(db_path));
  if (below.empty() || *below.begin() == "..") return absolute;
  return below;
}

std::string AbsoluteRunFolder(const std::string& db_path,
                              const std::string& stored) {
  return (FolderOf(db_path) / stored).lexically_normal();
}

}  // namespace snclr
