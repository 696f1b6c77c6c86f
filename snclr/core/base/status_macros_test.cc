// SPDX-License-Identifier: MIT
#include "snclr/core/base/status_macros.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/strings/cord.h"

namespace snclr {
namespace {

absl::Status Fail() { return absl::NotFoundError("no such file"); }

absl::Status Bare() {
  RETURN_IF_ERROR(absl::OkStatus());
  RETURN_IF_ERROR(Fail());
  return absl::InternalError("not reached");
}

absl::Status WithContext() {
  RETURN_IF_ERROR(absl::OkStatus()) << "no context of a success";
  RETURN_IF_ERROR(Fail()) << "reading " << 3 << " shards";
  return absl::InternalError("not reached");
}

TEST(ReturnIfErrorTest, PassesAnErrorUpAndASuccessOn) {
  EXPECT_EQ(Bare(), absl::NotFoundError("no such file"));
}

TEST(ReturnIfErrorTest, PutsContextBeforeTheMessage) {
  EXPECT_EQ(WithContext(),
            absl::NotFoundError("reading 3 shards: no such file"));
}

TEST(ReturnIfErrorTest, EachHopAddsItsContext) {
  const auto outer = []() -> absl::StatusOr<int> {
    RETURN_IF_ERROR(WithContext()) << "epoch 2";
    return 1;
  };
  EXPECT_EQ(outer().status(),
            absl::NotFoundError("epoch 2: reading 3 shards: no such file"));
}

TEST(ReturnIfErrorTest, KeepsPayloads) {
  const auto fail = []() -> absl::Status {
    absl::Status status = Fail();
    status.SetPayload("kind", absl::Cord("disk"));
    return status;
  };
  const auto outer = [&]() -> absl::Status {
    RETURN_IF_ERROR(fail()) << "context";
    return absl::OkStatus();
  };
  const absl::Status status = outer();
  EXPECT_EQ(status.message(), "context: no such file");
  EXPECT_EQ(status.GetPayload("kind"), absl::Cord("disk"));
}

TEST(ReturnIfErrorTest, IsOneStatement) {
  const auto choose = [](bool fail) -> absl::Status {
    if (fail)
      RETURN_IF_ERROR(Fail());
    else
      return absl::InternalError("the else is this if's");
    return absl::OkStatus();
  };
  EXPECT_EQ(choose(true), absl::NotFoundError("no such file"));
  EXPECT_EQ(choose(false), absl::InternalError("the else is this if's"));
}

absl::StatusOr<std::unique_ptr<int>> Make(int value) {
  if (value < 0) return absl::OutOfRangeError("negative");
  return std::make_unique<int>(value);
}

TEST(AssignOrReturnTest, MovesTheValueOut) {
  const auto sum = [](int a, int b) -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const std::unique_ptr<int> first, Make(a));
    std::unique_ptr<int> second;
    ASSIGN_OR_RETURN(second, Make(b));
    return *first + *second;
  };
  EXPECT_EQ(*sum(2, 3), 5);
  EXPECT_EQ(sum(2, -1).status(), absl::OutOfRangeError("negative"));
  EXPECT_EQ(sum(-1, 2).status(), absl::OutOfRangeError("negative"));
}

}  // namespace
}  // namespace snclr
