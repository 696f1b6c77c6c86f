// SPDX-License-Identifier: MIT
#include "experiments/registry/methods.h"

#include <google/protobuf/descriptor.h>

#include <set>
#include <string>

#include "experiments/proto/experiment.pb.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(RegisteredMethodsTest, AreTheArmsOfTheSpec) {
  std::set<std::string> arms;
  const auto* oneof = ExperimentSpec::descriptor()->FindOneofByName("method");
  ASSERT_NE(oneof, nullptr);
  for (int i = 0; i < oneof->field_count(); ++i) {
    arms.insert(oneof->field(i)->name());
  }
  std::set<std::string> registered;
  for (const auto& [name, factory] : RegisteredMethods()) {
    EXPECT_TRUE(factory != nullptr) << name;
    registered.insert(name);
  }
  EXPECT_EQ(registered, arms);
}

}  // namespace
}  // namespace snclr
