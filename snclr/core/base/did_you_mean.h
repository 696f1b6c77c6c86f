// SPDX-License-Identifier: MIT
// The name that was probably meant, for messages about a wrong one: flags, spec
// fields, enum values, tensors.
#ifndef SNCLR_CORE_BASE_DID_YOU_MEAN_H_
#define SNCLR_CORE_BASE_DID_YOU_MEAN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace snclr {

// Of `names`, the one with the fewest edits (insert, delete, replace, swap of
// neighbours; case does not count, '-' is '_') from `typed`, if those are at
// most a third of its letters; else the shortest one that has `typed` as a
// whole word
// ("lr": "base_lr") or as its beginning; else "". The first one where several
// are equally near. O(typed x name) for each name.
std::string ClosestName(absl::string_view typed,
                        const std::vector<std::string>& names);

// "; did you mean 'neighbors'?", or "" where no name is near.
std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& names);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_DID_YOU_MEAN_H_
