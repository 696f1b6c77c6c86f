// SPDX-License-Identifier: MIT
// From a checkpoint back into the tensors of a method, an optimizer, an
// encoder.
#ifndef EXPERIMENTS_TRAINER_RESTORE_H_
#define EXPERIMENTS_TRAINER_RESTORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/trainer/checkpoint.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Copies every tensor of the checkpoint into the one of its name in `into`,
// whose memory stays where it is. FailedPrecondition naming the first tensor
// that only one side has, or that has another shape or dtype; then nothing was
// copied.
absl::Status RestoreAll(const Checkpoint& checkpoint, const NamedTensors& into);

// The trained encoder of a checkpoint, made from the encoder spec that is in
// it, in evaluation mode; heads, moments and banks are left aside.
// InvalidArgument, FailedPrecondition where the file's tensors are not those of
// its spec.
absl::StatusOr<std::shared_ptr<Encoder>> EncoderOf(
    const Checkpoint& checkpoint);

// The same from a checkpoint file or a run folder (its newest undamaged one);
// `step` gets the steps that it was trained. A damaged one that was passed over
// is warned of in the log.
absl::StatusOr<std::shared_ptr<Encoder>> LoadEncoder(const std::string& path,
                                                     int64_t* step = nullptr);

// FailedPrecondition naming the first field in which the checkpoint's encoder
// and `wanted` (resolved) differ: weights of another encoder would load, or
// not, by accident.
absl::Status CheckSameEncoder(const Checkpoint& checkpoint,
                              const EncoderSpec& wanted);

// Copies the weights of the checkpoint's encoder into one that exists, after
// CheckSameEncoder.
absl::Status RestoreEncoder(const Checkpoint& checkpoint, Encoder& encoder);

// 16 hexadecimal digits: a CRC-32C of the trained parameters' names and bytes,
// then one of all else that the run carries on (momentum encoder, bank,
// statistics, moments). Equal where two runs are equal bit for bit.
std::string WeightsChecksum(const NamedTensors& trained,
                            const NamedTensors& rest);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RESTORE_H_
