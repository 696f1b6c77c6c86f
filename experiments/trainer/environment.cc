// SPDX-License-Identifier: MIT
#include "experiments/trainer/environment.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/fingerprint.h"

namespace snclr {
namespace {

// What git prints, its first max_bytes; nothing where it fails.
std::optional<std::string> Git(const std::string& folder,
                               const std::string& arguments, size_t max_bytes) {
  // safe.directory: inside a container the checkout may belong to another user.
  const std::string command =
      absl::StrCat("git -C ", ShellQuoted(folder), " -c safe.directory='*' ",
                   arguments, " 2>/dev/null");
  std::FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return std::nullopt;
  std::string output;
  char chunk[4096];
  while (const size_t count = std::fread(chunk, 1, sizeof(chunk), pipe)) {
    // Read to the end even when it is too long: git would fail on a closed
    // pipe.
    if (output.size() <= max_bytes) output.append(chunk, count);
  }
  if (pclose(pipe) != 0) return std::nullopt;
  if (output.size() > max_bytes) {
    output.resize(max_bytes);
    output += "\n[cut here: the diff is longer]\n";
  }
  return output;
}

std::string ProcessorName() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line)) {
    absl::string_view value = line;
    if (!absl::ConsumePrefix(&value, "model name")) continue;
    const size_t colon = value.find(':');
    if (colon == absl::string_view::npos) continue;
    return std::string(absl::StripAsciiWhitespace(value.substr(colon + 1)));
  }
  return "unknown processor";
}

}  // namespace

std::string ProgramFingerprint() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  return bytes.empty() ? "" : Fingerprint().Add(bytes).Hex();
}

std::string ShellQuoted(absl::string_view text) {
  const bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isalnum(c) || absl::StrContains("/._-=+:,@", c);
      });
  if (plain) return std::string(text);
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string SourceFolder() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return workspace != nullptr ? workspace : ".";
}

Environment DescribeEnvironment(const std::string& source_folder) {
  Environment environment;
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  environment.host = host;
  environment.device =
      absl::StrCat("cpu: ", ProcessorName(), ", ",
                   std::thread::hardware_concurrency(), " cores");
  if (const auto commit = Git(source_folder, "rev-parse HEAD", 64)) {
    environment.git_commit = std::string(absl::StripAsciiWhitespace(*commit));
    environment.git_diff =
        Git(source_folder, "diff HEAD --no-color --no-ext-diff", kMaxDiffBytes)
            .value_or("");
    // A diff leaves out files that git does not know: a new method's folder.
    const std::string untracked =
        Git(source_folder, "ls-files --others --exclude-standard",
            kMaxDiffBytes)
            .value_or("");
    for (const absl::string_view name :
         absl::StrSplit(untracked, '\n', absl::SkipEmpty())) {
      absl::StrAppend(&environment.git_diff, "untracked file: ", name, "\n");
    }
  }
  return environment;
}

}  // namespace snclr
