// SPDX-License-Identifier: MIT
// What a run needs to go on as if it had never been interrupted, as one
// safetensors file. Reading one runs no code from it.
//
// A file is whole or not there: it is written to a temporary name, synced, and
// renamed. And it is what was written, or refused: a CRC-32C in its metadata
// covers every byte (its own digits counted as zeros).
#ifndef EXPERIMENTS_TRAINER_CHECKPOINT_H_
#define EXPERIMENTS_TRAINER_CHECKPOINT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

struct Checkpoint {
  int64_t step = 0;              // steps done
  std::string method;            // "snclr"
  std::string spec;              // ExperimentSpec, resolved, text format
  std::string spec_hash;         // experiments/proto/spec.h
  std::string encoder;           // EncoderSpec, resolved, text format
  std::string data_fingerprint;  // Source::fingerprint() of the training images
  std::string origin;         // what it was imported from; empty: trained here
  int64_t evaluated_at = -1;  // step of the newest k-NN; -1: none
  int threads = 0;    // of LibTorch's operators: the last bits depend on it
  int64_t ranks = 1;  // W, likewise
  // What W was before, where each rank had a bank for itself: "4, 2".
  std::string ranks_before;

  // What was measured so far and is shown at the end ("knn_top1_untrained").
  std::map<std::string, double> results;

  // Trained parameters under their own names ("encoder.blocks.0..."), momentum
  // parameters and the method's state likewise, "optimizer.<...>" the moments.
  std::map<std::string, at::Tensor> tensors;

  // Adds tensors, `prefix` before their names. They share memory with their
  // owner: write before it changes. Internal where a name is taken.
  absl::Status Add(const NamedTensors& more, const std::string& prefix = "");
};

// A checkpoint on disk.
struct CheckpointFile {
  std::string path;
  int64_t step = 0;
  int64_t bytes = 0;
  std::string checksum;  // the CRC-32C, 8 hexadecimal digits
};

// ResourceExhausted where the disk is full, or what else the system says; what
// was at `path` is then untouched.
absl::StatusOr<CheckpointFile> WriteCheckpoint(const Checkpoint& checkpoint,
                                               const std::string& path);

// NotFound; what else the system says where the file cannot be opened; DataLoss
// naming the file and the damage; FailedPrecondition where the file has the
// format of another version of this program.
absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& path);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_CHECKPOINT_H_
