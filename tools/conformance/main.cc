// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "absl/status/status.h"
#include "snclr/core/base/command_line.h"
#include "tools/conformance/conformance.h"

DEFINE_string(dir, "",
              "the folder of golden files (*.safetensors) to check against");

int main(int argc, char** argv) {
  using namespace snclr;  // NOLINT: a main
  ParseCommandLine(
      "Checks this code against golden files: numbers that the published "
      "implementations computed.",
      {}, argc, argv);
  if (FLAGS_dir.empty()) {
    return ExitStatus(
        absl::InvalidArgumentError("--dir=FOLDER of golden files is missing"));
  }
  const auto summary = RunConformance(UserPath(FLAGS_dir), std::cout);
  if (!summary.ok()) return ExitStatus(summary.status());
  std::cout << summary->passed << " passed, " << summary->failed << " failed, "
            << summary->skipped << " skipped" << std::endl;
  return summary->failed == 0 ? 0 : 1;
}
