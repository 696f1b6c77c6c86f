// SPDX-License-Identifier: MIT
// Which files a WebDataset's shard pattern means.
#ifndef DATA_SOURCES_SHARD_PATTERN_H_
#define DATA_SOURCES_SHARD_PATTERN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

// Braces as a shell expands them: {08..11} counts with leading zeros, {a,b}
// chooses; several multiply, the last one fastest. InvalidArgument for a brace
// without its partner or an empty range.
absl::StatusOr<std::vector<std::string>> ExpandBraces(
    absl::string_view pattern);

// The files, in order: braces expanded, relative paths taken from where the
// user is, then *, ? and [] matched (sorted). NotFound, naming `field`, for a
// file or a match that is not there.
absl::StatusOr<std::vector<std::string>> FindShards(const std::string& pattern,
                                                    const std::string& field);

}  // namespace snclr

#endif  // DATA_SOURCES_SHARD_PATTERN_H_
