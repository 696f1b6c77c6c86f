// SPDX-License-Identifier: MIT
#include "experiments/proto/spec_device.h"

#include "absl/status/status.h"
#include "experiments/proto/spec.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

ExperimentSpec Spec(const std::string& device) {
  ExperimentSpec spec;
  spec.set_name("a");
  spec.mutable_moco_v3();
  spec.mutable_data()->mutable_procedural();
  const auto assignment = DeviceAssignment(device);
  return *ChangeSpec(*ResolveSpec(spec, "a"), "a", {*assignment});
}

TEST(SpecDeviceTest, AFlagSetsTheField) {
  EXPECT_EQ(Spec("cuda").device(), ExperimentSpec::CUDA);
  EXPECT_EQ(Spec("Auto").device(), ExperimentSpec::AUTO);
  EXPECT_TRUE(OpenSpecDevice(Spec("cpu"))->device.is_cpu());
  EXPECT_TRUE(absl::IsInvalidArgument(DeviceAssignment("tpu").status()));
}

TEST(SpecDeviceTest, ARunGoesOnWithAnotherDevice) {
  EXPECT_EQ(SpecHash(Spec("cuda")), SpecHash(Spec("cpu")));
}

}  // namespace
}  // namespace snclr
