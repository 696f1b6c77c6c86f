// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <cstdio>

#include "eval/command_flags.h"
#include "eval/finetune_command.h"
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
      "Trains a checkpoint's encoder end to end on labels (DeiT's recipe, "
      "arXiv:2012.12877), with all labels or a share of them.",
      {snclr::SetFlag()}, argc, argv);
  const auto signal = snclr::RunFinetune(
      snclr::CommandFromFlags(line, FLAGS_out), FLAGS_list, stdout);
  if (!signal.ok()) return snclr::ExitStatus(signal.status());
  return *signal == 0 ? 0 : 128 + *signal;
}
