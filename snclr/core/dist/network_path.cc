// SPDX-License-Identifier: MIT
#include "snclr/core/dist/network_path.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace snclr {
namespace {

// Empty for what is no IP address.
std::string Numeric(const sockaddr* address) {
  const socklen_t size = address->sa_family == AF_INET    ? sizeof(sockaddr_in)
                         : address->sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                          : 0;
  char text[NI_MAXHOST];
  if (size == 0 || getnameinfo(address, size, text, sizeof(text), nullptr, 0,
                               NI_NUMERICHOST) != 0) {
    return "";
  }
  return std::string(text, strcspn(text, "%"));  // without the IPv6 scope
}

template <typename GetName>
std::string EndOf(int connection, GetName get_name) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (get_name(connection, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return "";
  }
  return Numeric(reinterpret_cast<sockaddr*>(&address));
}

// One try at one address; an errno where it fails.
absl::StatusOr<NetworkPath> Connect(const addrinfo& target,
                                    absl::Duration limit) {
  const int connection =
      socket(target.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection < 0) return absl::ErrnoToStatus(errno, "no socket");
  const auto closer = absl::MakeCleanup([connection] { close(connection); });
  int error = 0;
  if (connect(connection, target.ai_addr, target.ai_addrlen) != 0) {
    error = errno;
  }
  if (error == EINPROGRESS) {
    pollfd waiting{connection, POLLOUT, 0};
    const int ready =
        poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
    socklen_t size = sizeof(error);
    if (ready == 0) {
      error = ETIMEDOUT;
    } else if (ready < 0 || getsockopt(connection, SOL_SOCKET, SO_ERROR, &error,
                                       &size) != 0) {
      error = errno;
    }
  }
  if (error != 0) return absl::UnavailableError(strerror(error));
  return NetworkPath{EndOf(connection, getsockname),
                     EndOf(connection, getpeername)};
}

}  // namespace

absl::StatusOr<NetworkPath> PathTo(const std::string& address, int port,
                                   absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  absl::Status why;
  do {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(address.c_str(), absl::StrCat(port).c_str(),
                                    &wanted, &found);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(
        found, &freeaddrinfo);
    if (failure != 0) {
      why = absl::UnavailableError(gai_strerror(failure));
      if (failure != EAI_AGAIN && failure != EAI_SYSTEM) {
        return absl::InvalidArgumentError(absl::StrCat(
            "no host is called '", address, "': ", gai_strerror(failure)));
      }
    }
    for (const addrinfo* target = found; target != nullptr;
         target = target->ai_next) {
      const absl::Duration left = deadline - absl::Now();
      auto path = Connect(
          *target, std::clamp(left, absl::Milliseconds(100), absl::Seconds(5)));
      if (path.ok()) return path;
      why = path.status();
    }
    absl::SleepFor(absl::Milliseconds(100));
  } while (absl::Now() < deadline);
  return why;
}

absl::StatusOr<int> ListenAt(int port) {
  // One socket for both protocols, or for IPv4 where there is no other.
  for (const int family : {AF_INET6, AF_INET}) {
    const int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) continue;
    const int on = 1, off = 0;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_storage any{};
    any.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET6) {
      setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
      reinterpret_cast<sockaddr_in6&>(any).sin6_port =
          htons(static_cast<uint16_t>(port));
      size = sizeof(sockaddr_in6);
    } else {
      reinterpret_cast<sockaddr_in&>(any).sin_port =
          htons(static_cast<uint16_t>(port));
    }
    if (bind(listener, reinterpret_cast<sockaddr*>(&any), size) == 0 &&
        listen(listener, SOMAXCONN) == 0) {
      return listener;
    }
    const int why = errno;
    close(listener);
    if (why == EADDRINUSE) return absl::AlreadyExistsError(strerror(why));
    if (family == AF_INET) return absl::ErrnoToStatus(why, "cannot listen");
  }
  return absl::UnavailableError("this host has no network sockets");
}

bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || address == "::1" ||
         absl::StartsWith(address, "::ffff:127.");
}

absl::StatusOr<std::string> InterfaceOf(const std::string& address) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return absl::ErrnoToStatus(errno, "cannot list the network interfaces");
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first,
                                                               &freeifaddrs);
  std::string loopback;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_flags & IFF_LOOPBACK) loopback = one->ifa_name;
    if (Numeric(one->ifa_addr) == address) return std::string(one->ifa_name);
  }
  // All of 127.0.0.0/8 is this host's, but the interface lists one of them.
  if (IsLoopback(address) && !loopback.empty()) return loopback;
  return absl::NotFoundError(
      absl::StrCat("no network interface has the address ", address));
}

}  // namespace snclr
