// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "eval/command_flags.h"
#include "eval/linear_command.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/tensor_memory.h"

DEFINE_string(out, "runs", "the output folder that runs are looked for in");
DEFINE_string(list, "",
              "a file that gets the names of the training images that were "
              "used, one a line; for --set=evaluation.labels.fraction=0.01");

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepTensorMemory();
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Linear classification of a checkpoint's frozen features (MoCo v3's "
      "protocol), with all labels or a share of them.",
      {snclr::SetFlag()}, argc, argv);
  return snclr::ExitStatus(snclr::RunLinear(
      snclr::CommandFromFlags(line, FLAGS_out), FLAGS_list, std::cout));
}
