// SPDX-License-Identifier: MIT
#include "experiments/trainer/step_runner.h"

#include "gtest/gtest.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {
namespace {

class Ranks final : public ProcessGroup {
 public:
  explicit Ranks(bool records) : records_(records) {}
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 2; }
  at::Tensor AllGather(const at::Tensor& local) override { return local; }
  void AllReduceSum(at::Tensor& tensor) override {}
  void Broadcast(at::Tensor& tensor, int64_t from) override {}
  void Barrier() override {}
  bool CanRecord() const override { return records_; }

 private:
  const bool records_;
};

TEST(ChooseGraphTest, OneRankOnAGpuHasOneUnlessItIsOff) {
  const SingleProcess alone;
  EXPECT_TRUE(ChooseGraph(ParallelismSpec::AUTO, c10::kCUDA, alone).graph);
  EXPECT_TRUE(ChooseGraph(ParallelismSpec::ON, c10::kCUDA, alone).graph);
  EXPECT_FALSE(ChooseGraph(ParallelismSpec::OFF, c10::kCUDA, alone).graph);
  // A spec that nobody resolved.
  EXPECT_FALSE(
      ChooseGraph(ParallelismSpec::CUDA_GRAPH_UNSPECIFIED, c10::kCUDA, alone)
          .graph);
}

TEST(ChooseGraphTest, SeveralRanksHaveOneWhereAskedAndTheirExchangesCan) {
  const Ranks nccl(true), gloo(false);
  const GraphChoice by_itself =
      ChooseGraph(ParallelismSpec::AUTO, c10::kCUDA, nccl);
  EXPECT_FALSE(by_itself.graph);
  EXPECT_EQ(by_itself.note, "");
  EXPECT_TRUE(ChooseGraph(ParallelismSpec::ON, c10::kCUDA, nccl).graph);
  const GraphChoice refused =
      ChooseGraph(ParallelismSpec::ON, c10::kCUDA, gloo);
  EXPECT_FALSE(refused.graph);
  EXPECT_EQ(refused.note,
            "no CUDA graph: the ranks' exchanges pass through the CPU "
            "(parallelism.backend: GLOO)");
}

TEST(ChooseGraphTest, OnTheCpuThereIsNoneAndWhoAskedIsTold) {
  const SingleProcess alone;
  const GraphChoice asked = ChooseGraph(ParallelismSpec::ON, c10::kCPU, alone);
  EXPECT_FALSE(asked.graph);
  EXPECT_EQ(asked.note, "no CUDA graph: this run is on the CPU");
  EXPECT_EQ(ChooseGraph(ParallelismSpec::AUTO, c10::kCPU, alone).note, "");
}

TEST(CallingRunnerTest, CallsEachStep) {
  const auto runner = MakeCallingRunner();
  int made = 0;
  for (int i = 1; i <= 5; ++i) {
    runner->Run([&made] { ++made; });
    EXPECT_EQ(made, i);
  }
  EXPECT_FALSE(runner->repeats());
  EXPECT_EQ(runner->TakeNote(), "");
}

}  // namespace
}  // namespace snclr
