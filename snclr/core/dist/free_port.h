// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_FREE_PORT_H_
#define SNCLR_CORE_DIST_FREE_PORT_H_

#include "absl/status/statusor.h"

namespace snclr {

// A TCP port of 127.0.0.1 that nobody listened at a moment ago, for ranks that
// are all on this machine. Another process may take it before they do; they say
// so then.
absl::StatusOr<int> FreePort();

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_FREE_PORT_H_
