// SPDX-License-Identifier: MIT
// Scalar curves in the event files that TensorBoard reads.
//
//   ASSIGN_OR_RETURN(auto events, EventWriter::Open(folder, /*first_step=*/0));
//   events->Scalars(10, {{"train/loss", 4.1}});
//
// A file is a sequence of records (TFRecord): length as 8 bytes little-endian,
// its masked CRC-32C, the bytes of a TensorBoardEvent, their masked CRC-32C.
#ifndef EXPERIMENTS_TRAINER_TENSORBOARD_H_
#define EXPERIMENTS_TRAINER_TENSORBOARD_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

// Makes a new file of its own in `folder` each time it is opened, so that a
// resumed run never writes into what a killed one left. A curve is for looking
// at: a write that fails (a full disk) is remembered in status(), ends the
// writing, and is no reason to stop a run.
class EventWriter {
 public:
  // `first_step` is the first step that will be written; TensorBoard then drops
  // this step and later ones from older files. PermissionDenied or Internal
  // where the file cannot be made.
  static absl::StatusOr<std::unique_ptr<EventWriter>> Open(
      const std::string& folder, int64_t first_step);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // One value for each tag at one step; flushed, so that a live board sees it.
  void Scalars(int64_t step,
               const std::vector<std::pair<std::string, double>>& values);

  const std::string& path() const { return path_; }
  const absl::Status& status() const { return status_; }

 private:
  EventWriter(std::string path, std::FILE* file);
  void Write(absl::string_view record);

  std::string path_;
  std::FILE* file_;  // owned
  absl::Status status_;
};

// CRC-32C of `bytes`, rotated and offset as TFRecord has it, so that a checksum
// of bytes that hold checksums stays meaningful.
uint32_t MaskedCrc32c(absl::string_view bytes);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TENSORBOARD_H_
