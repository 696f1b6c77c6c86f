// SPDX-License-Identifier: MIT
#include "tools/conformance/conformance.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "snclr/core/base/golden.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/verdict.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<fs::path>> ListFiles(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) {
    return absl::NotFoundError(
        absl::StrCat("golden folder ", folder, ": ", error.message()));
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() == ".safetensors")
      files.push_back(entry.path());
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat("golden folder ", folder, " has no .safetensors file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::vector<GoldenFile>> ReadAll(
    const std::vector<fs::path>& paths) {
  std::vector<GoldenFile> files;
  std::string problems;
  for (const fs::path& path : paths) {
    absl::StatusOr<GoldenFile> file = GoldenFile::Read(path.string());
    if (!file.ok()) {
      absl::StrAppend(&problems, problems.empty() ? "" : "\n",
                      file.status().message());
    } else if (!file->HasText("case")) {
      absl::StrAppend(&problems, problems.empty() ? "" : "\n", path.string(),
                      ": no 'case' in its metadata: not a golden file");
    } else {
      files.push_back(*std::move(file));
    }
  }
  if (!problems.empty()) return absl::DataLossError(problems);
  return files;
}

Verdict Check(GoldenFile& golden, at::Device device) {
  Verdict verdict;
  const CaseCheck check = FindCaseCheck(golden.Text("case"));
  if (check == nullptr) {
    verdict.Skip(absl::StrCat("case '", golden.Text("case"), "' is not known"));
    return verdict;
  }
  const absl::Status status = CatchTorch([&] {
    if (!IsOfTheCpu(golden.Text("case"))) golden.MoveTo(device);
    check(golden, verdict);
    return absl::OkStatus();
  });
  if (!status.ok()) verdict.Fail(std::string(status.message()));
  return verdict;
}

}  // namespace

absl::StatusOr<ConformanceSummary> RunConformance(const std::string& folder,
                                                  std::ostream& out,
                                                  at::Device device) {
  ASSIGN_OR_RETURN(const std::vector<fs::path> paths, ListFiles(folder));
  ASSIGN_OR_RETURN(std::vector<GoldenFile> files, ReadAll(paths));
  size_t width = 0;
  for (const fs::path& path : paths) {
    width = std::max(width, path.stem().string().size());
  }
  ConformanceSummary summary;
  for (GoldenFile& golden : files) {
    const Verdict verdict = Check(golden, device);
    const char* word = nullptr;
    switch (verdict.outcome()) {
      case Verdict::Outcome::kPassed:
        word = "passed";
        ++summary.passed;
        break;
      case Verdict::Outcome::kFailed:
        word = "FAILED";
        ++summary.failed;
        break;
      case Verdict::Outcome::kSkipped:
        word = "skipped";
        ++summary.skipped;
        break;
    }
    out << absl::StrFormat("%-7s  %-*s  %s", word, static_cast<int>(width),
                           fs::path(golden.path()).stem().string(),
                           verdict.Describe())
        << std::endl;
  }
  return summary;
}

}  // namespace snclr
