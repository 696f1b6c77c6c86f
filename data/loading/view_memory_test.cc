// SPDX-License-Identifier: MIT
#include "data/loading/view_memory.h"

#include <gtest/gtest.h>

#include <utility>

namespace snclr {
namespace {

TEST(ViewMemoryTest, GivesMemoryAgainOnlyOnceNobodyHoldsIt) {
  ViewMemory memory({2, 3}, at::kFloat);
  at::Tensor first = memory.Take();
  at::Tensor second = memory.Take();
  const void* const at = first.data_ptr();
  EXPECT_EQ(first.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_NE(second.data_ptr(), at);

  at::Tensor row = first.select(0, 1);
  first.reset();
  EXPECT_NE(memory.Take().data_ptr(), at) << "a view holds it";
  row.reset();
  EXPECT_EQ(memory.Take().data_ptr(), at);
}

TEST(ViewMemoryTest, NothingOfTheLastHolderStaysOnTheTensor) {
  ViewMemory memory({2}, at::kFloat);
  memory.Take().set_requires_grad(true);
  EXPECT_FALSE(memory.Take().requires_grad());
}

}  // namespace
}  // namespace snclr
