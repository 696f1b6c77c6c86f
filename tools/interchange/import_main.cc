// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "snclr/core/base/command_line.h"
#include "tools/interchange/import.h"

DEFINE_string(from, "",
              "the checkpoint to read: .pth or .pth.tar of MoCo v3, SNCLR, "
              "DeiT or timm, torchvision's, TorchScript, or safetensors");
DEFINE_string(to, "",
              "the .safetensors file to write, or a folder that is there and "
              "has no checkpoints");
DEFINE_string(part, "encoder",
              "encoder or momentum_encoder, which some papers evaluate");
DEFINE_int64(heads, 0,
             "attention heads, which no weight shows: needed where the file "
             "does not name its architecture");
DEFINE_string(spec, "",
              "an experiment whose data and evaluation the checkpoint gets; "
              "its encoder must be the file's");
DEFINE_string(data, "",
              "an image folder that evaluations take unless told otherwise");

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Makes a checkpoint of another program one of this project. Runs no code "
      "from it.",
      {{"set", "PATH=VALUE sets a field of the spec; repeatable"}}, argc, argv);
  return snclr::ExitStatus(
      snclr::RunImport({FLAGS_from, FLAGS_to, FLAGS_part, FLAGS_heads,
                        FLAGS_spec, FLAGS_data, line.repeated.at("set")},
                       std::cout));
}
