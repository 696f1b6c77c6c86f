// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "eval/command_flags.h"
#include "eval/knn_command.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/tensor_memory.h"

DEFINE_string(out, "runs", "the output folder that runs are looked for in");

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepTensorMemory();
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Weighted k-nearest-neighbour accuracy of a checkpoint's encoder "
      "(Wu et al., arXiv:1805.01978).",
      {snclr::SetFlag()}, argc, argv);
  return snclr::ExitStatus(
      snclr::RunKnn(snclr::CommandFromFlags(line, FLAGS_out), std::cout));
}
