// SPDX-License-Identifier: MIT
#include "eval/command_flags.h"

#include <gflags/gflags.h>

DEFINE_string(checkpoint, "",
              "what is evaluated: a checkpoint file, a run folder (its newest "
              "checkpoint), or a run such as quickstart/001");
DEFINE_string(data, "",
              "an image folder with train/ and test/, class folders in each; "
              "left out: the data that the checkpoint's spec names");
DEFINE_string(db, "",
              "the tracker's database that results are recorded in, under the "
              "checkpoint's run; left out: tracker.sqlite in the run's output "
              "folder");

DEFINE_string(device, "auto",
              "where it is computed: auto, cpu or cuda; auto takes a GPU where "
              "there is one");

namespace snclr {

RepeatableFlag SetFlag() {
  return {"set",
          "PATH=VALUE sets a field of the checkpoint's spec, such as "
          "evaluation.knn.neighbors=10; repeatable"};
}

EvalCommand CommandFromFlags(const CommandLine& line, const std::string& runs) {
  return {FLAGS_checkpoint,        runs,     FLAGS_data,
          line.repeated.at("set"), FLAGS_db, FLAGS_device};
}

}  // namespace snclr
