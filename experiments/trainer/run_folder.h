// SPDX-License-Identifier: MIT
// The folder of one run, <out>/<name>/<id>/, and which one a command means:
//
//   spec.textproto   the spec as resolved
//   status.json      how the run ended; absent while it runs, or was killed
//   lock             held by the process that trains here
//   checkpoint-*.safetensors, events.out.tfevents.*, train.log, ...
//
// An id is a number of three digits or more, made by mkdir, so that two
// commands never get the same one. Not thread-safe.
#ifndef EXPERIMENTS_TRAINER_RUN_FOLDER_H_
#define EXPERIMENTS_TRAINER_RUN_FOLDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"

namespace snclr {

// How a run ended. Only a finished one has nothing left to do.
struct RunEnd {
  enum class Kind { kFinished, kStopped, kFailed };
  Kind kind = Kind::kFinished;
  int64_t step = 0;    // steps done
  std::string reason;  // for a person
};

class RunFolder {
 public:
  // `resume` says which run of this resolved spec below `out` (absolute):
  //   "auto"   the newest run of spec.name() with the same SpecHash that is not
  //            finished; else a new one. FailedPrecondition where a live
  //            process trains it: the same spec and seed twice is one result,
  //            not two
  //   "never"  a new one
  //   a run    "001", "name/001" or a path. FailedPrecondition where its spec
  //   is
  //            another (every differing field is named), where it is finished,
  //            or where another process trains it; NotFound where there is
  //            none.
  // The folder is locked until this object is gone; the lock dies with the
  // process.
  static absl::StatusOr<RunFolder> Open(const ExperimentSpec& spec,
                                        const std::string& out,
                                        const std::string& resume);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  const std::string& path() const { return path_; }
  const std::string& run() const { return run_; }  // "<name>/<id>"
  bool resumed() const { return resumed_; }        // the run existed before

  // Replaces status.json.
  absl::Status MarkEnded(const RunEnd& end) const;

 private:
  RunFolder(std::string path, bool resumed, int lock);
  static absl::StatusOr<RunFolder> New(const ExperimentSpec& spec,
                                       const std::string& parent);
  static absl::StatusOr<RunFolder> Existing(const ExperimentSpec& spec,
                                            const std::string& path);
  static absl::StatusOr<std::optional<RunFolder>> Unfinished(
      const ExperimentSpec& spec, const std::string& parent);

  std::string path_;
  std::string run_;
  bool resumed_;
  int lock_;  // file descriptor, owned; -1 when moved from
};

// How the run in a folder ended; nothing where it has not, or the file is
// unreadable.
std::optional<RunEnd> ReadRunEnd(const std::string& path);

// The folders of a name's runs below `out`, the newest first.
std::vector<std::string> ListRunFolders(const std::string& out,
                                        const std::string& name);

// SpecHash of the spec in a run's folder; nothing where there is none, or it is
// of another version.
std::optional<std::string> ReadRunSpecHash(const std::string& path);

// Whether a live process trains in the folder. Takes the lock for a moment: not
// to be asked of a folder that a process is about to open.
bool IsRunFolderHeld(const std::string& path);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RUN_FOLDER_H_
