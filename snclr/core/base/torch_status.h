// SPDX-License-Identifier: MIT
// The one door between code that throws (LibTorch) and code that returns
// statuses. It stands at the entry points of trainer, eval, data and
// checkpoints and at the top of every thread, nowhere else.
#ifndef SNCLR_CORE_BASE_TORCH_STATUS_H_
#define SNCLR_CORE_BASE_TORCH_STATUS_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace snclr {

// Runs `body` and returns its status. What it throws becomes a status without
// LibTorch's stack trace:
//   c10::OutOfMemoryError, std::bad_alloc   ResourceExhausted
//   c10::DistError (a lost peer)            Unavailable
//   other c10::Error, any other exception   Internal
absl::Status CatchTorch(absl::FunctionRef<absl::Status()> body);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_TORCH_STATUS_H_
