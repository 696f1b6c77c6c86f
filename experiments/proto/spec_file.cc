// SPDX-License-Identifier: MIT
#include "experiments/proto/spec_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/proto/text_parser.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return absl::NotFoundError(absl::StrCat(path, ": a folder, no spec file"));
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// `chain`: the files from the one the user named to `path`, as they are
// written.
absl::Status Read(const std::vector<std::string>& chain, ExperimentSpec* spec,
                  Places* places, Problems* problems) {
  const std::string& path = chain.back();
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Places own_places(path);
  ExperimentSpec own;
  TextOrigin origin;
  origin.name = path;
  origin.root = ExperimentSpec::descriptor();
  ParseText(text, origin, &own, &own_places, problems);
  if (!own.base().empty()) {
    const std::string base =
        (fs::path(path).parent_path() / own.base()).lexically_normal();
    std::vector<std::string> longer = chain;
    longer.push_back(base);
    bool is_circle = false;
    for (const std::string& file : chain) {
      std::error_code unreadable;
      is_circle = is_circle || fs::equivalent(file, base, unreadable);
    }
    if (is_circle) {
      problems->Add(own_places.Find("base"), "base",
                    absl::StrCat("a circle: ", absl::StrJoin(longer, " -> ")));
    } else if (const auto read = Read(longer, spec, places, problems);
               !read.ok()) {
      problems->Add(own_places.Find("base"), "base",
                    std::string(read.message()));
    }
  }
  own.clear_base();
  spec->MergeFrom(own);
  places->Merge(own_places);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadSpecFile(const std::string& path, ExperimentSpec* spec,
                          Places* places, Problems* problems) {
  return Read({path}, spec, places, problems);
}

}  // namespace snclr
