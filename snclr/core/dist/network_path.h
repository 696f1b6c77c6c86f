// SPDX-License-Identifier: MIT
// Ports, and over which of this host's addresses another one is reached.
#ifndef SNCLR_CORE_DIST_NETWORK_PATH_H_
#define SNCLR_CORE_DIST_NETWORK_PATH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace snclr {

// The two ends of a connection, as numbers: "10.0.0.2", "fe80::1".
struct NetworkPath {
  std::string local;
  std::string remote;
};

// Connects to `address` (a name or a number) at `port` and closes again. Tries
// anew while nobody answers, for `limit`. Unavailable with the last reason
// then; InvalidArgument at once for a name that is nobody's.
absl::StatusOr<NetworkPath> PathTo(const std::string& address, int port,
                                   absl::Duration limit);

// A socket that listens at `port` on all of this host's addresses; the caller
// closes it. AlreadyExists where another program does.
absl::StatusOr<int> ListenAt(int port);

// Whether a numeric address never leaves this host.
bool IsLoopback(const std::string& address);

// The network interface ("eth0") that has a numeric address, for Gloo.
// NotFound where none has.
absl::StatusOr<std::string> InterfaceOf(const std::string& address);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_NETWORK_PATH_H_
