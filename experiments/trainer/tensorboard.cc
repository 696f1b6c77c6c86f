// SPDX-License-Identifier: MIT
#include "experiments/trainer/tensorboard.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/crc/crc32c.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/trainer/event.pb.h"

namespace snclr {
namespace {

template <typename Number>
std::string LittleEndian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  }
  return bytes;
}

TensorBoardEvent EventAt(int64_t step) {
  TensorBoardEvent event;
  event.set_wall_time(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  event.set_step(step);
  return event;
}

}  // namespace

uint32_t MaskedCrc32c(absl::string_view bytes) {
  constexpr uint32_t kMaskDelta = 0xA282EAD8;
  const auto crc = static_cast<uint32_t>(absl::ComputeCrc32c(bytes));
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

absl::StatusOr<std::unique_ptr<EventWriter>> EventWriter::Open(
    const std::string& folder, int64_t first_step) {
  // TensorBoard takes any file with "tfevents" in its name and reads them in
  // the order of their names; the process and a count keep two openings apart.
  std::string path;
  std::FILE* file = nullptr;
  for (int attempt = 0; file == nullptr && attempt < 100; ++attempt) {
    path = absl::StrCat(folder, "/events.out.tfevents.",
                        absl::ToUnixSeconds(absl::Now()), ".",
                        absl::Dec(getpid(), absl::kZeroPad7), ".",
                        absl::Dec(attempt, absl::kZeroPad2), ".snclr");
    file = std::fopen(path.c_str(), "wbx");
    if (file == nullptr && errno != EEXIST) break;
  }
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", path));
  }
  auto writer = std::unique_ptr<EventWriter>(new EventWriter(path, file));
  TensorBoardEvent version = EventAt(0);
  version.set_file_version("brain.Event:2");
  writer->Write(version.SerializeAsString());
  TensorBoardEvent start = EventAt(first_step);
  start.mutable_session_log()->set_status(TensorBoardSession::START);
  writer->Write(start.SerializeAsString());
  if (!writer->status().ok()) return writer->status();
  return writer;
}

EventWriter::EventWriter(std::string path, std::FILE* file)
    : path_(std::move(path)), file_(file) {}

EventWriter::~EventWriter() { std::fclose(file_); }

void EventWriter::Scalars(
    int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  TensorBoardEvent event = EventAt(step);
  for (const auto& [tag, number] : values) {
    auto* value = event.mutable_summary()->add_value();
    value->set_tag(tag);
    value->set_simple_value(static_cast<float>(number));
  }
  Write(event.SerializeAsString());
}

void EventWriter::Write(absl::string_view record) {
  // Half a record would make all that follows unreadable.
  if (!status_.ok()) return;
  const std::string length = LittleEndian<uint64_t>(record.size());
  const std::string framed =
      absl::StrCat(length, LittleEndian(MaskedCrc32c(length)), record,
                   LittleEndian(MaskedCrc32c(record)));
  if (std::fwrite(framed.data(), 1, framed.size(), file_) != framed.size() ||
      std::fflush(file_) != 0) {
    status_ = absl::ErrnoToStatus(errno, absl::StrCat("writing ", path_));
  }
}

}  // namespace snclr
