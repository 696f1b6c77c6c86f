// SPDX-License-Identifier: MIT
// Replacing a file so that whoever reads it, after a crash or a power cut too,
// finds the old one or the new one and never a part:
//
//   RETURN_IF_ERROR(WriteFileAtomically(path, {header, data})) << "checkpoint";
//
// The pieces go to "<path>.<process>.partial" in the same folder, which is
// synced, renamed to `path`, and its folder synced.
#ifndef SNCLR_CORE_BASE_ATOMIC_FILE_H_
#define SNCLR_CORE_BASE_ATOMIC_FILE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace snclr {

// The end of the temporary name. A process that is killed may leave such a
// file; nobody reads it and it may be deleted once its process is gone.
inline constexpr char kPartialSuffix[] = ".partial";

// Writes the pieces in order, without copying them together. On an error the
// temporary file is gone and `path` is as it was:
//   ResourceExhausted  the disk (or a quota, or a file size limit) is full
//   NotFound           the folder is missing
//   PermissionDenied   may not write there
//   Internal           another failure of the system, named
// (After the rename only the folder's sync can fail: the new file is there
// then.) At most one thread of a process writes the same path at a time.
//
// `before_rename` runs between the sync of the temporary file and the rename; a
// test ends the process there.
absl::Status WriteFileAtomically(
    const std::string& path, const std::vector<absl::Span<const char>>& pieces,
    const std::function<void()>& before_rename = nullptr);

// The same for one text.
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view text);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_ATOMIC_FILE_H_
