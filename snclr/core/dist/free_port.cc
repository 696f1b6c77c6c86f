// SPDX-License-Identifier: MIT
#include "snclr/core/dist/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"

namespace snclr {

absl::StatusOr<int> FreePort() {
  const int socket_file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool found = socket_file >= 0 && bind(socket_file, any, size) == 0 &&
                     getsockname(socket_file, any, &size) == 0;
  const int why = errno;
  if (socket_file >= 0) close(socket_file);
  if (!found) return absl::ErrnoToStatus(why, "no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

}  // namespace snclr
