// SPDX-License-Identifier: MIT
// The checkpoints of one run folder: checkpoint-<steps done, 8
// digits>.safetensors, of which the newest few are kept.
#ifndef EXPERIMENTS_TRAINER_CHECKPOINT_FOLDER_H_
#define EXPERIMENTS_TRAINER_CHECKPOINT_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/trainer/checkpoint.h"

namespace snclr {

// Paths, the newest first, unread.
std::vector<std::string> ListCheckpoints(const std::string& folder);

// Writes one, then removes all but the newest `keep` (at least 1). Where
// writing fails nothing is removed. Files of later steps, which a resumed run
// has passed over as damaged, get the name <file>.damaged and do not count.
absl::StatusOr<CheckpointFile> AddCheckpoint(const Checkpoint& checkpoint,
                                             const std::string& folder,
                                             int keep);

// The newest one that is undamaged. Every damaged one before it adds a line to
// `damaged`. NotFound where there is none at all; DataLoss where all are
// damaged; what the system says where the newest cannot be opened: an older one
// would silently take back what is there.
absl::StatusOr<Checkpoint> ReadNewestCheckpoint(
    const std::string& folder, std::vector<std::string>* damaged);

// What a command's --checkpoint and --out mean: a path as the user typed it, a
// file's or a run folder's, or else a run "<name>/<id>" below `out`.
// InvalidArgument where nothing was given; NotFound naming both places.
absl::StatusOr<std::string> FindCheckpoint(const std::string& checkpoint,
                                           const std::string& out);

// What an evaluation is given: a checkpoint file, or a run folder, of which the
// newest undamaged one is read. NotFound where `path` is neither.
absl::StatusOr<Checkpoint> ReadFileOrRun(const std::string& path,
                                         std::vector<std::string>* damaged);

// Removes what processes that were killed while writing left behind. Only for
// whoever holds the folder's lock (run_folder.h).
void RemoveOrphans(const std::string& folder);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_CHECKPOINT_FOLDER_H_
