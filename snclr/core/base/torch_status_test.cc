// SPDX-License-Identifier: MIT
#include "snclr/core/base/torch_status.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace snclr {
namespace {

template <typename Throw>
absl::Status Caught(Throw throws) {
  return CatchTorch([&]() -> absl::Status {
    throws();
    return absl::OkStatus();
  });
}

TEST(CatchTorchTest, ReturnsTheStatusOfTheBody) {
  EXPECT_TRUE(CatchTorch([] { return absl::OkStatus(); }).ok());
  EXPECT_EQ(CatchTorch([] { return absl::NotFoundError("x"); }),
            absl::NotFoundError("x"));
}

TEST(CatchTorchTest, AFailedCheckIsInternalWithoutItsStackTrace) {
  EXPECT_EQ(Caught([] { TORCH_CHECK(false, "got 3, wanted ", 4); }),
            absl::InternalError("got 3, wanted 4"));
  EXPECT_EQ(Caught([] { TORCH_CHECK_INDEX(false, "row 9"); }),
            absl::InternalError("row 9"));
}

TEST(CatchTorchTest, AnOperatorsErrorIsInternal) {
  const absl::Status status =
      Caught([] { at::ones({2, 3}).add(at::ones({4})); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(std::string(status.message()).find("size"), std::string::npos);
  EXPECT_EQ(std::string(status.message()).find("frame #"), std::string::npos);
}

TEST(CatchTorchTest, OutOfMemoryIsResourceExhausted) {
  EXPECT_EQ(Caught([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "2 GiB"); }),
            absl::ResourceExhaustedError("2 GiB"));
  EXPECT_EQ(Caught([] { throw std::bad_alloc(); }),
            absl::ResourceExhaustedError("out of memory"));
}

TEST(CatchTorchTest, ALostPeerIsUnavailable) {
  EXPECT_EQ(Caught([] { TORCH_CHECK_WITH(DistNetworkError, false, "rank 3"); }),
            absl::UnavailableError("rank 3"));
  EXPECT_EQ(Caught([] { TORCH_CHECK_WITH(DistBackendError, false, "nccl"); }),
            absl::UnavailableError("nccl"));
}

TEST(CatchTorchTest, LetsNothingThrough) {
  EXPECT_EQ(Caught([] { throw std::runtime_error("other"); }),
            absl::InternalError("other"));
  EXPECT_EQ(Caught([] { throw 3; }),
            absl::InternalError("an exception of unknown type"));
}

}  // namespace
}  // namespace snclr
