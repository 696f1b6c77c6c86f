// SPDX-License-Identifier: MIT
#include "experiments/trainer/checkpoint.h"

#include <cerrno>
#include <fstream>
#include <vector>

#include "absl/crc/crc32c.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "experiments/trainer/kill_point.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/checksum_text.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr char kFormat[] = "1";
constexpr char kNoChecksum[] = "00000000";
constexpr char kResultPrefix[] = "result.";

// How the checksum stands in the header's JSON. Quotes inside a value of the
// metadata are escaped there, so this text occurs once.
constexpr char kChecksumKey[] = "\"checksum\":\"";

// Where the checksum's eight digits begin in a file or header; npos if nowhere.
size_t ChecksumPosition(absl::string_view bytes) {
  const size_t key = bytes.find(kChecksumKey);
  if (key == absl::string_view::npos) return key;
  const size_t digits = key + sizeof(kChecksumKey) - 1;
  return digits + 8 <= bytes.size() ? digits : absl::string_view::npos;
}

absl::StatusOr<std::string> ReadBytes(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  if (!stream) {
    // Only a file that is not there is NotFound: a run whose checkpoint cannot
    // be read must not begin anew.
    return absl::ErrnoToStatus(errno != 0 ? errno : EIO,
                               absl::StrCat(path, ": cannot be opened"));
  }
  std::string bytes(static_cast<size_t>(stream.tellg()), '\0');
  stream.seekg(0);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
  }
  return bytes;
}

// DataLoss unless `bytes` have the checksum that they name. Leaves zeros there.
absl::Status VerifyChecksum(std::string* bytes, const std::string& path) {
  // The header is at the front and small beside the data; a search that goes
  // beyond it only finds what no undamaged file has.
  const size_t position = ChecksumPosition(*bytes);
  if (position == std::string::npos) {
    return absl::DataLossError(
        absl::StrCat(path, ": damaged, or no checkpoint (it has no checksum)"));
  }
  const std::string wanted = bytes->substr(position, 8);
  bytes->replace(position, 8, kNoChecksum);
  const std::string got = ChecksumText(absl::ComputeCrc32c(*bytes));
  if (got == wanted) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, ": damaged (", bytes->size(),
                                          " bytes with checksum ", got,
                                          ", written with ", wanted, ")"));
}

}  // namespace

absl::Status Checkpoint::Add(const NamedTensors& more,
                             const std::string& prefix) {
  for (const auto& [name, tensor] : more) {
    if (!tensors.emplace(prefix + name, tensor).second) {
      return absl::InternalError(
          absl::StrCat("two tensors have the name '", prefix, name, "'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CheckpointFile> WriteCheckpoint(const Checkpoint& checkpoint,
                                               const std::string& path) {
  TensorFile file;
  file.tensors = checkpoint.tensors;
  file.metadata = {{"checksum", kNoChecksum},
                   {"data_fingerprint", checkpoint.data_fingerprint},
                   {"encoder", checkpoint.encoder},
                   {"evaluated_at", absl::StrCat(checkpoint.evaluated_at)},
                   {"format", kFormat},
                   {"method", checkpoint.method},
                   {"origin", checkpoint.origin},
                   {"ranks", absl::StrCat(checkpoint.ranks)},
                   {"ranks_before", checkpoint.ranks_before},
                   {"spec", checkpoint.spec},
                   {"spec_hash", checkpoint.spec_hash},
                   {"step", absl::StrCat(checkpoint.step)},
                   {"threads", absl::StrCat(checkpoint.threads)}};
  for (const auto& [name, value] : checkpoint.results) {
    file.metadata[kResultPrefix + name] = absl::StrFormat("%.17g", value);
  }
  ASSIGN_OR_RETURN(TensorFileBytes bytes, SerializeTensorFile(file));
  std::vector<absl::Span<const char>> pieces = {bytes.header};
  for (const at::Tensor& tensor : bytes.pieces) {
    pieces.emplace_back(static_cast<const char*>(tensor.const_data_ptr()),
                        tensor.nbytes());
  }
  CheckpointFile written{path, checkpoint.step, 0, ""};
  absl::crc32c_t crc{0};
  for (const auto& piece : pieces) {
    crc = absl::ExtendCrc32c(crc, {piece.data(), piece.size()});
    written.bytes += static_cast<int64_t>(piece.size());
  }
  written.checksum = ChecksumText(crc);
  const size_t position = ChecksumPosition(bytes.header);
  if (position == std::string::npos) {
    return absl::InternalError("the header has no place for its checksum");
  }
  bytes.header.replace(position, 8, written.checksum);
  pieces.front() = bytes.header;
  RETURN_IF_ERROR(WriteFileAtomically(path, pieces, PassKillPoint))
      << "writing the checkpoint of step " << checkpoint.step;
  return written;
}

absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, ReadBytes(path));
  RETURN_IF_ERROR(VerifyChecksum(&bytes, path));
  ASSIGN_OR_RETURN(TensorFile file, ParseTensorFile(bytes, path));
  const auto field = [&](const char* name) { return file.metadata[name]; };
  if (field("format") != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": has checkpoint format '", field("format"),
                     "'; this program reads '", kFormat, "'"));
  }
  Checkpoint checkpoint;
  if (!absl::SimpleAtoi(field("step"), &checkpoint.step) ||
      !absl::SimpleAtoi(field("threads"), &checkpoint.threads) ||
      !absl::SimpleAtoi(field("evaluated_at"), &checkpoint.evaluated_at)) {
    return absl::DataLossError(absl::StrCat(path, ": its step is no number"));
  }
  for (const auto& [name, text] : file.metadata) {
    absl::string_view result = name;
    if (!absl::ConsumePrefix(&result, kResultPrefix)) continue;
    double value = 0;
    if (!absl::SimpleAtod(text, &value)) {
      return absl::DataLossError(
          absl::StrCat(path, ": '", name, "' is no number"));
    }
    checkpoint.results[std::string(result)] = value;
  }
  // Files of before there were several have none.
  if (!field("ranks").empty() &&
      !absl::SimpleAtoi(field("ranks"), &checkpoint.ranks)) {
    return absl::DataLossError(
        absl::StrCat(path, ": its number of ranks is no number"));
  }
  checkpoint.method = field("method");
  checkpoint.spec = field("spec");
  checkpoint.spec_hash = field("spec_hash");
  checkpoint.encoder = field("encoder");
  checkpoint.data_fingerprint = field("data_fingerprint");
  checkpoint.origin = field("origin");
  checkpoint.ranks_before = field("ranks_before");
  checkpoint.tensors = std::move(file.tensors);
  return checkpoint;
}

}  // namespace snclr
