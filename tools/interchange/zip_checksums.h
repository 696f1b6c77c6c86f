// SPDX-License-Identifier: MIT
// The CRC-32 of every record of a zip archive, as its directory has them.
// LibTorch's reader does not compare them, nor does torch.load: a flipped bit
// in a weight would go unseen.
#ifndef TOOLS_INTERCHANGE_ZIP_CHECKSUMS_H_
#define TOOLS_INTERCHANGE_ZIP_CHECKSUMS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace snclr {

// Record name, the archive's folder included ("moco/data/12"), to checksum.
// Reads the directory at the end of the file, zip64 too, and nothing else.
// DataLoss where there is none or it is damaged. Source: PKWARE's APPNOTE.TXT,
// 4.3.12 to 4.3.16.
absl::StatusOr<std::map<std::string, uint32_t>> ReadZipChecksums(
    const std::string& path);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_ZIP_CHECKSUMS_H_
