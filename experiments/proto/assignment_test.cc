// SPDX-License-Identifier: MIT
#include "experiments/proto/assignment.h"

#include <gtest/gtest.h>

#include "experiments/proto/experiment.pb.h"

namespace snclr {
namespace {

class AssignmentTest : public testing::Test {
 protected:
  // What was wrong, or "".
  std::string Set(const std::string& assignment) {
    Problems problems;
    ApplyAssignment(assignment, &spec_, &places_, &problems);
    return std::string(problems.status().message());
  }

  ExperimentSpec spec_;
  Places places_{"s.textproto"};
};

TEST_F(AssignmentTest, SetsScalarsByTheirPath) {
  EXPECT_EQ(Set("optimizer.base_lr=3e-4"), "");
  EXPECT_EQ(Set("seed=18446744073709551615"), "");
  EXPECT_EQ(Set("snclr.bank.scope=GLOBAL"), "");
  EXPECT_EQ(Set("snclr.threshold = true"), "");
  EXPECT_EQ(Set("question=a=b, \"or\" not?"), "");
  EXPECT_EQ(Set("name=\"quoted\""), "");
  EXPECT_EQ(spec_.optimizer().base_lr(), 3e-4);
  EXPECT_EQ(spec_.seed(), UINT64_MAX);
  EXPECT_EQ(spec_.snclr().bank().scope(), GLOBAL);
  EXPECT_TRUE(spec_.snclr().threshold());
  EXPECT_EQ(spec_.question(), "a=b, \"or\" not?");
  EXPECT_EQ(spec_.name(), "quoted");
  EXPECT_EQ(places_.Find("seed"), "--set=seed=18446744073709551615");
}

TEST_F(AssignmentTest, MergesAMessage) {
  spec_.mutable_snclr()->mutable_bank()->set_scope(GLOBAL);
  EXPECT_EQ(Set("snclr.bank={rows: 10}"), "");
  EXPECT_EQ(Set("augmentation.view1={ blur { probability: 0.25 } "
                "flip_probability: 0 }"),
            "");
  EXPECT_EQ(spec_.snclr().bank().rows(), 10);
  EXPECT_EQ(spec_.snclr().bank().scope(), GLOBAL);
  EXPECT_EQ(spec_.augmentation().view1().blur().probability(), 0.25);
  EXPECT_TRUE(spec_.augmentation().view1().has_flip_probability());
}

TEST_F(AssignmentTest, SwitchesTheArmOfAOneofByNamingAFieldInIt) {
  spec_.mutable_data()->mutable_procedural()->set_classes(3);
  EXPECT_EQ(Set("data.image_folder.root=/images"), "");
  EXPECT_EQ(spec_.data().source_case(), DataSpec::kImageFolder);
  EXPECT_EQ(spec_.data().image_folder().root(), "/images");
  EXPECT_EQ(Set("data.procedural={}"), "");
  EXPECT_EQ(spec_.data().source_case(), DataSpec::kProcedural);
}

TEST_F(AssignmentTest, AWrongValueIsOneLineWithPathValueAndType) {
  EXPECT_EQ(
      Set("snclr.neighbors=many"),
      "--set=snclr.neighbors=many: snclr.neighbors: wanted a whole number of "
      "32 bits, got 'many'");
  EXPECT_EQ(
      Set("snclr.neighbors=10k"),
      "--set=snclr.neighbors=10k: snclr.neighbors: wanted a whole number of "
      "32 bits, got '10k'");
  EXPECT_EQ(
      Set("snclr.bank.scope=local"),
      "--set=snclr.bank.scope=local: snclr.bank.scope: wanted one of LOCAL, "
      "GLOBAL, got 'local'; did you mean 'LOCAL'?");
  EXPECT_EQ(
      Set("snclr.threshold="),
      "--set=snclr.threshold=: snclr.threshold: wanted true or false, got ''");
  EXPECT_EQ(
      Set("snclr.bank=10"),
      "--set=snclr.bank=10: snclr.bank: wanted fields in braces, { field: "
      "value }, got '10'");
  EXPECT_EQ(
      Set("snclr.bank={rowz: 10}"),
      "--set=snclr.bank={rowz: 10}: snclr.bank.rowz: no such field; did you "
      "mean 'snclr.bank.rows'?");
}

TEST_F(AssignmentTest, AnUnknownPathNamesTheOneThatWasMeant) {
  EXPECT_EQ(
      Set("optimizer.base_rl=1"),
      "--set=optimizer.base_rl=1: optimizer.base_rl: no such field; did you "
      "mean 'optimizer.base_lr'?");
  EXPECT_EQ(Set("base_lr=1"),
            "--set=base_lr=1: base_lr: no such field; did you mean "
            "'optimizer.base_lr'?");
  EXPECT_EQ(Set("=1"), "--set==1: no such field");
  EXPECT_EQ(Set("optimizer..base_lr=1").substr(0, 47),
            "--set=optimizer..base_lr=1: optimizer..base_lr:");
  EXPECT_FALSE(spec_.has_optimizer());
}

TEST_F(AssignmentTest, RefusesWhatIsNoAssignmentAndABase) {
  EXPECT_EQ(Set("seed"), "--set=seed: wanted PATH=VALUE");
  EXPECT_EQ(Set("base=x.textproto"),
            "--set=base=x.textproto: base: can only be set in a spec file");
}

}  // namespace
}  // namespace snclr
