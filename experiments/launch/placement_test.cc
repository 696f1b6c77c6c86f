// SPDX-License-Identifier: MIT
#include "experiments/launch/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Machine MachineOf(int cores, std::vector<std::string> devices) {
  Machine machine;
  machine.cores.resize(cores);
  std::iota(machine.cores.begin(), machine.cores.end(), 4);
  machine.devices = std::move(devices);
  return machine;
}

Topology Processes(int count) {
  Topology topology;
  topology.procs_per_node = count;
  return topology;
}

std::vector<Placement> Place(const Topology& topology, const Machine& machine,
                             const PlacementOptions& options = {}) {
  const auto placements = PlaceRanks(topology, machine, options);
  EXPECT_TRUE(placements.ok()) << placements.status();
  return placements.value_or(std::vector<Placement>());
}

class PlaceRanksTest : public testing::Test {
 protected:
  // The threads are to be those of the cores alone.
  void SetUp() override { unsetenv("OMP_NUM_THREADS"); }
};

TEST_F(PlaceRanksTest, CoresAreContiguousSharesOfAll) {
  const auto places = Place(Processes(3), MachineOf(8, {}));
  ASSERT_THAT(places, SizeIs(3));
  EXPECT_THAT(places[0].cores, ElementsAre(4, 5));
  EXPECT_THAT(places[1].cores, ElementsAre(6, 7, 8));
  EXPECT_THAT(places[2].cores, ElementsAre(9, 10, 11));
  // The same everywhere: the slowest share is what a step waits for.
  for (const Placement& place : places) EXPECT_EQ(place.threads, 2);
}

TEST_F(PlaceRanksTest, MoreProcessesThanCoresAreNotPinned) {
  for (const Placement& place : Place(Processes(3), MachineOf(2, {}))) {
    EXPECT_THAT(place.cores, IsEmpty());
    EXPECT_EQ(place.threads, 1);
  }
  PlacementOptions loose;
  loose.pin = false;
  EXPECT_THAT(Place(Processes(2), MachineOf(4, {}), loose)[0].cores, IsEmpty());
}

TEST_F(PlaceRanksTest, ThreadsAreTheSpecsThenTheEnvironments) {
  PlacementOptions options;
  options.threads = 7;
  EXPECT_EQ(Place(Processes(2), MachineOf(8, {}), options)[0].threads, 7);
  setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(Place(Processes(2), MachineOf(8, {}))[0].threads, 3);
}

TEST_F(PlaceRanksTest, ANodesRanksFollowThoseOfTheNodesBefore) {
  Topology topology = Processes(2);
  topology.nodes = 3;
  topology.node_rank = 1;
  const auto places = Place(topology, MachineOf(2, {}));
  EXPECT_EQ(places[0].rank, 2);
  EXPECT_EQ(places[0].local_rank, 0);
  EXPECT_EQ(places[1].rank, 3);
  EXPECT_EQ(places[1].local_rank, 1);
}

TEST_F(PlaceRanksTest, EachProcessSeesAGpuOfItsOwn) {
  const auto places = Place(Processes(2), MachineOf(4, {"5", "GPU-ab", "7"}));
  EXPECT_EQ(places[0].device, "5");
  EXPECT_EQ(places[1].device, "GPU-ab");
  EXPECT_FALSE(Place(Processes(2), MachineOf(4, {}))[0].device.has_value());
}

TEST_F(PlaceRanksTest, FewerGpusThanProcessesAreAnErrorUnlessGlooIsAskedFor) {
  const auto refused = PlaceRanks(Processes(3), MachineOf(4, {"0", "1"}), {});
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("--procs_per_node=3: this machine has 2 GPUs"));
  PlacementOptions gloo;
  gloo.gloo = true;
  const auto places = Place(Processes(3), MachineOf(4, {"0", "1"}), gloo);
  EXPECT_EQ(places[2].device, "0");
}

TEST(VisibleDevicesTest, AreThoseThatTheVariableLeaves) {
  EXPECT_THAT(VisibleDevices(2, nullptr), ElementsAre("0", "1"));
  EXPECT_THAT(VisibleDevices(4, "2,3"), ElementsAre("2", "3"));
  EXPECT_THAT(VisibleDevices(1, "GPU-12ab"), ElementsAre("GPU-12ab"));
  EXPECT_THAT(VisibleDevices(4, ""), IsEmpty());
  EXPECT_THAT(VisibleDevices(4, "-1"), IsEmpty());
  EXPECT_THAT(VisibleDevices(2, "1,5,0"), ElementsAre("1"))
      << "as CUDA reads it: what follows a wrong one does not count";
}

TEST(RankVariablesTest, AreTorchruns) {
  Placement place;
  place.rank = 5;
  place.local_rank = 1;
  place.threads = 3;
  Topology topology = Processes(2);
  topology.nodes = 4;
  EXPECT_THAT(
      RankVariables(place, topology, "node01", 29500),
      UnorderedElementsAre(
          Pair("RANK", "5"), Pair("WORLD_SIZE", "8"), Pair("LOCAL_RANK", "1"),
          Pair("LOCAL_WORLD_SIZE", "2"), Pair("MASTER_ADDR", "node01"),
          Pair("MASTER_PORT", "29500"), Pair("OMP_NUM_THREADS", "3")));
  place.device = "3";
  EXPECT_EQ(RankVariables(place, topology, "a", 1)["CUDA_VISIBLE_DEVICES"],
            "3");
}

TEST(FormatCoresTest, RangesAreShort) {
  EXPECT_EQ(FormatCores({}), "");
  EXPECT_EQ(FormatCores({3}), "3");
  EXPECT_EQ(FormatCores({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

}  // namespace
}  // namespace snclr
