// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "snclr/core/base/command_line.h"
#include "tools/interchange/export.h"

DEFINE_string(checkpoint, "",
              "what is exported: a checkpoint file, a run folder (its newest "
              "checkpoint), or a run such as quickstart/001 below --out");
DEFINE_string(out, "runs", "the output folder that runs are looked for in");
DEFINE_string(to, "", "the file to write; one that is there is replaced");
DEFINE_string(names, "timm",
              "whose names tensors get: timm, deit (timm's, in a dict under "
              "'model'), torchvision, moco_v3 (as its checkpoints have them)");
DEFINE_string(format, "safetensors",
              "safetensors, pytorch (torch.load reads it with "
              "weights_only=True) or torchscript (torch.jit.load runs it)");
DEFINE_string(part, "encoder",
              "encoder or momentum_encoder, which some papers evaluate");

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Writes a checkpoint's encoder as other programs read it.", {}, argc,
      argv);
  return snclr::ExitStatus(
      snclr::RunExport({FLAGS_checkpoint, FLAGS_out, FLAGS_to, FLAGS_names,
                        FLAGS_format, FLAGS_part},
                       std::cout));
}
