// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "eval/knn_command.h"
#include "snclr/core/base/command_line.h"

DEFINE_string(checkpoint, "",
              "what is evaluated: a checkpoint file, a run folder (its newest "
              "checkpoint), or a run such as quickstart/001 below --out");
DEFINE_string(out, "runs", "the output folder that runs are looked for in");
DEFINE_string(data, "",
              "an image folder with train/ and test/, class folders in each; "
              "left out: the data that the checkpoint's spec names");

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Weighted k-nearest-neighbour accuracy of a checkpoint's encoder "
      "(Wu et al., arXiv:1805.01978).",
      {{"set",
        "PATH=VALUE sets a field of the checkpoint's spec, such as "
        "evaluation.knn.neighbors=10; repeatable"}},
      argc, argv);
  return snclr::ExitStatus(snclr::RunKnn(
      {FLAGS_checkpoint, FLAGS_out, FLAGS_data, line.repeated.at("set")},
      std::cout));
}
