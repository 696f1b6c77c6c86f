// SPDX-License-Identifier: MIT
// The table of keys and values, kept by rank 0, through which ranks find each
// other and hear of each other.
#ifndef SNCLR_CORE_DIST_MEETING_POINT_H_
#define SNCLR_CORE_DIST_MEETING_POINT_H_

#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace c10d {
class Store;
}  // namespace c10d

namespace snclr {

// One connection to the table (a c10d::TCPStore). Each call is a round trip to
// rank 0's host; one that is cut off or stopped can block it for as long as TCP
// tries, so call it where that does no harm. Errors are Unavailable: rank 0 has
// ended, and the connection is of no more use. Not thread-safe.
class MeetingPoint {
 public:
  struct Limits {
    absl::Duration connect;  // for Open, which tries anew until then
    absl::Duration wait;     // for Get
  };

  // Connects; with `serve` opens the table at the port first, and it lives as
  // long as this object. AlreadyExists where the port is taken. Unavailable
  // where nobody, or no table, answers; nothing at all where something takes
  // the connection and keeps silent: then this never returns.
  static absl::StatusOr<std::unique_ptr<MeetingPoint>> Open(
      const std::string& address, int port, bool serve, const Limits& limits);
  ~MeetingPoint();
  MeetingPoint(const MeetingPoint&) = delete;
  MeetingPoint& operator=(const MeetingPoint&) = delete;

  absl::Status Set(const std::string& key, const std::string& value);

  // Sets what has no value or an empty one; returns the value it then has.
  absl::StatusOr<std::string> SetOnce(const std::string& key,
                                      const std::string& value);

  absl::StatusOr<bool> Has(const std::string& key);

  // Waits until all are there, at most for Limits::wait.
  absl::StatusOr<std::vector<std::string>> Get(
      const std::vector<std::string>& keys);

  // Adds to a number that begins at 0; returns the sum.
  absl::StatusOr<int64_t> Add(const std::string& key, int64_t amount);

  // For a backend that meets here too.
  c10::intrusive_ptr<c10d::Store> store() const;

 private:
  explicit MeetingPoint(c10::intrusive_ptr<c10d::Store> store);

  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_MEETING_POINT_H_
