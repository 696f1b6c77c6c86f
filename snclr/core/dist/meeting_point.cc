// SPDX-License-Identifier: MIT
#include "snclr/core/dist/meeting_point.h"

#include <c10/util/Logging.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/network_path.h"

namespace snclr {
namespace {

// Unavailable whatever class it was thrown as, with LibTorch's first line where
// that speaks of the network and not of LibTorch.
absl::Status Catch(absl::FunctionRef<void()> body) {
  const absl::Status status = CatchTorch([&] {
    body();
    return absl::OkStatus();
  });
  if (status.ok()) return status;
  const absl::string_view message = status.message();
  if (absl::StrContains(message, "ASSERT")) {
    return absl::UnavailableError("an answer that makes no sense");
  }
  return absl::UnavailableError(message.substr(0, message.find('\n')));
}

// The same for a table that once answered.
absl::Status CatchLater(absl::FunctionRef<void()> body) {
  const absl::Status status = Catch(body);
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat(
      "rank 0, which keeps the meeting point, has ended: ", status.message()));
}

// LibTorch logs a stack trace for each connection that breaks, which here is an
// outcome with a message of its own. Its other warnings go with them, unless
// the user has set the level.
void QuietenLibTorch() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) {
    FLAGS_caffe2_log_level = 3;  // fatal ones alone
  }
}

std::string Text(const std::vector<uint8_t>& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

std::vector<uint8_t> BytesOf(const std::string& text) {
  return std::vector<uint8_t>(text.begin(), text.end());
}

}  // namespace

struct MeetingPoint::Connection {
  c10::intrusive_ptr<c10d::Store> store;
};

MeetingPoint::MeetingPoint(c10::intrusive_ptr<c10d::Store> store)
    : connection_(std::make_unique<Connection>(Connection{std::move(store)})) {}

MeetingPoint::~MeetingPoint() = default;

absl::StatusOr<std::unique_ptr<MeetingPoint>> MeetingPoint::Open(
    const std::string& address, int port, bool serve, const Limits& limits) {
  QuietenLibTorch();
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = serve;
  if (serve) {
    // LibTorch's own would log a dozen lines where the port is taken.
    ASSIGN_OR_RETURN(options.masterListenFd, ListenAt(port));
  }
  options.waitWorkers = false;
  // It counts in whole seconds.
  options.timeout =
      absl::ToChronoMilliseconds(std::max(limits.connect, absl::Seconds(1)));
  // Debian's build has no libuv.
  options.useLibUV = false;
  std::unique_ptr<MeetingPoint> point;
  RETURN_IF_ERROR(Catch([&] {
    point.reset(new MeetingPoint(
        c10::make_intrusive<c10d::TCPStore>(address, options)));
    point->store()->setTimeout(absl::ToChronoMilliseconds(limits.wait));
  }));
  return point;
}

absl::Status MeetingPoint::Set(const std::string& key,
                               const std::string& value) {
  return CatchLater([&] { connection_->store->set(key, BytesOf(value)); });
}

absl::StatusOr<std::string> MeetingPoint::SetOnce(const std::string& key,
                                                  const std::string& value) {
  std::string now;
  RETURN_IF_ERROR(CatchLater([&] {
    now = Text(connection_->store->compareSet(key, {}, BytesOf(value)));
  }));
  return now;
}

absl::StatusOr<bool> MeetingPoint::Has(const std::string& key) {
  bool there = false;
  RETURN_IF_ERROR(
      CatchLater([&] { there = connection_->store->check({key}); }));
  return there;
}

absl::StatusOr<std::vector<std::string>> MeetingPoint::Get(
    const std::vector<std::string>& keys) {
  std::vector<std::string> values;
  RETURN_IF_ERROR(CatchLater([&] {
    for (const auto& value : connection_->store->multiGet(keys)) {
      values.push_back(Text(value));
    }
  }));
  return values;
}

absl::StatusOr<int64_t> MeetingPoint::Add(const std::string& key,
                                          int64_t amount) {
  int64_t sum = 0;
  RETURN_IF_ERROR(
      CatchLater([&] { sum = connection_->store->add(key, amount); }));
  return sum;
}

c10::intrusive_ptr<c10d::Store> MeetingPoint::store() const {
  return connection_->store;
}

}  // namespace snclr
