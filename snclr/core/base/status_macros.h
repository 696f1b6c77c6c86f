// SPDX-License-Identifier: MIT
// Passing an absl::Status up, with what was being done:
//
//   RETURN_IF_ERROR(OpenShard(path)) << "reading the epoch's first batch";
//   ASSIGN_OR_RETURN(const Image image, DecodeImage(bytes));
//
// Context is put before the message, once per hop: "reading x: no such file".
#ifndef SNCLR_CORE_BASE_STATUS_MACROS_H_
#define SNCLR_CORE_BASE_STATUS_MACROS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace snclr {

// A status on its way up; streamed text becomes its context. Payloads stay.
class StatusInFlight {
 public:
  explicit StatusInFlight(absl::Status status) : status_(std::move(status)) {}

  template <typename T>
  StatusInFlight&& operator<<(const T& context) && {
    absl::StrAppend(&context_, context);
    return std::move(*this);
  }

  template <typename T>
  operator absl::StatusOr<T>() && {  // NOLINT: converts where a function
                                     // returns
    return std::move(*this).Build();
  }
  operator absl::Status() && {  // NOLINT
    return std::move(*this).Build();
  }

 private:
  absl::Status Build() && {
    if (context_.empty()) return std::move(status_);
    absl::Status built(status_.code(),
                       absl::StrCat(context_, ": ", status_.message()));
    status_.ForEachPayload([&](auto type, const auto& payload) {
      built.SetPayload(type, payload);
    });
    return built;
  }

  absl::Status status_;
  std::string context_;
};

}  // namespace snclr

#define SNCLR_CONCAT_INNER(a, b) a##b
#define SNCLR_CONCAT(a, b) SNCLR_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                  \
  if (absl::Status snclr_status = (expression); snclr_status.ok()) { \
  } else /* NOLINT: so that << context may follow */                 \
    return ::snclr::StatusInFlight(std::move(snclr_status))

#define ASSIGN_OR_RETURN(target, expression)                           \
  ASSIGN_OR_RETURN_IMPL(SNCLR_CONCAT(snclr_result_, __LINE__), target, \
                        expression)

#define ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                             \
  if (!result.ok()) return std::move(result).status();    \
  target = *std::move(result)

#endif  // SNCLR_CORE_BASE_STATUS_MACROS_H_
