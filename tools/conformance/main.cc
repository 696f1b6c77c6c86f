// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "absl/status/status.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/device.h"
#include "tools/conformance/conformance.h"

DEFINE_string(dir, "",
              "the folder of golden files (*.safetensors) to check against");

DEFINE_string(device, "auto",
              "auto, cpu or cuda: where it is computed; auto takes a GPU where "
              "there is one");

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
  const auto choice = ParseDeviceChoice(FLAGS_device);
  if (!choice.ok()) return ExitStatus(choice.status());
  const auto device = OpenDevice(*choice);
  if (!device.ok()) return ExitStatus(device.status());
  if (!device->note.empty()) std::cout << device->note << std::endl;
  const auto summary =
      RunConformance(UserPath(FLAGS_dir), std::cout, device->device);
  if (!summary.ok()) return ExitStatus(summary.status());
  std::cout << summary->passed << " passed, " << summary->failed << " failed, "
            << summary->skipped << " skipped" << std::endl;
  return summary->failed == 0 ? 0 : 1;
}
