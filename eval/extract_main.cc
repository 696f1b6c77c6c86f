// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "eval/command_flags.h"
#include "eval/extract_command.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/tensor_memory.h"

DEFINE_string(runs, "runs", "the output folder that runs are looked for in");
DEFINE_string(split, "train", "whose features: train or test");
DEFINE_string(
    out, "features.safetensors",
    "the file that gets the features, labels and places in the split: "
    "x.safetensors, or x.npy with x.labels.npy and x.index.npy; "
    "x.json beside it has the names of images and classes");

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepTensorMemory();
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Writes the features that a checkpoint's encoder gives a data set.",
      {snclr::SetFlag()}, argc, argv);
  return snclr::ExitStatus(
      snclr::RunExtract(snclr::CommandFromFlags(line, FLAGS_runs),
                        {FLAGS_split, FLAGS_out}, std::cout));
}
