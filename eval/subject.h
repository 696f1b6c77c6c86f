// SPDX-License-Identifier: MIT
// What every command of this folder begins with, the checkpoint that is
// evaluated, and ends with, a line that says where the result stands. Like a
// method's :train these are doors, and look up to the experiments for
// checkpoints, specs and the tracker; the evaluations themselves do not.
#ifndef EVAL_SUBJECT_H_
#define EVAL_SUBJECT_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/tracker/recorder.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

// What the commands are told.
struct EvalCommand {
  // A checkpoint file, a run folder (its newest undamaged checkpoint), or a run
  // "<name>/<id>" below `out`.
  std::string checkpoint;
  std::string out;

  // An image folder with train/ and test/ of class folders, all of whose images
  // are taken. Empty: the data that the checkpoint's spec names.
  std::string data;

  // Fields of the checkpoint's spec to set: "evaluation.knn.neighbors=10".
  std::vector<std::string> assignments;

  // The tracker's database. Empty: tracker.sqlite in the output folder that the
  // run lies in.
  std::string db;

  std::string device = "auto";  // or cpu, or cuda, whatever it was trained on
};

struct Subject {
  std::string path;        // of the checkpoint or run folder, as found
  std::string run_folder;  // of the run whose checkpoint it is; empty: of none
  int64_t step = 0;        // steps it was trained
  std::string origin;      // what it was imported from; empty: trained here
  std::string spec_hash;   // of the spec it was trained with
  ExperimentSpec spec;     // that, with the command's changes
  std::shared_ptr<Encoder> encoder;  // in evaluation mode, on its device

  // Before the names of metrics: "transfer/<data set>/" where the command
  // evaluates on other images than the checkpoint was trained on, else empty.
  // The data set is the folder's name, with the numbers of images where the
  // spec limits them: "transfer/flowers/", "transfer/cifar-10000xall/".
  std::string metric_prefix;
};

// The line that a command begins with: "<path>, trained for 1116 steps", or
// "<path>, imported from <origin>".
std::string DescribeSubject(const Subject& subject);

// Reads the checkpoint, sets the threads that its spec asks for and opens the
// device; a warning says where that lacks something. NotFound
// where there is no such checkpoint, DataLoss where it is damaged (a damaged
// newest one of a run is passed over with a warning), InvalidArgument for an
// assignment that does not fit, FailedPrecondition where the checkpoint's
// encoder is not the spec's.
absl::StatusOr<Subject> OpenSubject(const EvalCommand& command);

// Records `metrics` (without the prefix) at the checkpoint's step under the run
// that it belongs to, and says so, or why not, in one line: a checkpoint that
// lies in no run's folder, or whose run the tracker does not know, is no error.
// `how` tells a reader of the run how they were measured.
absl::Status RecordFor(const Subject& subject, const EvalCommand& command,
                       const std::vector<MetricValue>& metrics,
                       const std::string& how, std::ostream& out);

}  // namespace snclr

#endif  // EVAL_SUBJECT_H_
