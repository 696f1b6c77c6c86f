// SPDX-License-Identifier: MIT
#include "experiments/proto/spec.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <set>

#include "experiments/proto/field_rules.h"

namespace snclr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MessageFactory;
using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSmall[] = R"(
name: "small"
question: "does it load?"
snclr { neighbors: 5 bank { rows: 64 } }
data { procedural {} global_batch: 16 }
optimizer { base_lr: 5e-4 }
)";

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

ExperimentSpec Small(const std::vector<std::string>& assignments = {}) {
  const auto spec = LoadSpec(WriteFile("small.textproto", kSmall), assignments);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.ok() ? *spec : ExperimentSpec();
}

TEST(LoadSpecTest, FillsDefaultsBelowFileAndAssignments) {
  const ExperimentSpec spec =
      Small({"snclr.neighbors=7", "schedule.epochs=80", "schedule.epochs=90"});
  EXPECT_EQ(spec.snclr().neighbors(), 7);
  EXPECT_EQ(spec.snclr().bank().rows(), 64);
  EXPECT_EQ(spec.snclr().temperature(), 0.2);
  EXPECT_EQ(spec.schedule().epochs(), 90) << "the last assignment holds";
  EXPECT_EQ(spec.seed(), 1);
  EXPECT_EQ(spec.precision(), FP32);
  EXPECT_EQ(spec.encoder().vit().variant(), VIT_SMALL);
  EXPECT_EQ(spec.projector().layers(), 3);
  EXPECT_EQ(spec.predictor().layers(), 2);
  EXPECT_EQ(spec.augmentation().view1().blur().probability(), 1);
  EXPECT_EQ(spec.augmentation().view2().blur().probability(), 0.1);
  EXPECT_EQ(spec.augmentation().view2().solarize().probability(), 0.2);
}

TEST(LoadSpecTest, DefaultsOfAnOptimizerFollowItsKind) {
  const OptimizerSpec adamw = Small().optimizer();
  EXPECT_EQ(adamw.weight_decay(), 0.1);
  EXPECT_EQ(adamw.beta2(), 0.999);
  EXPECT_TRUE(adamw.decay_all());
  EXPECT_FALSE(adamw.has_momentum());
  const OptimizerSpec lars =
      Small({"optimizer.kind=LARS", "optimizer.weight_decay=1e-6"}).optimizer();
  EXPECT_EQ(lars.momentum(), 0.9);
  EXPECT_EQ(lars.trust_coefficient(), 0.001);
  EXPECT_FALSE(lars.has_beta1());
  EXPECT_FALSE(lars.has_decay_all());
}

TEST(LoadSpecTest, APredictorAboveAResnetEndsWithItsLinear) {
  EXPECT_FALSE(Small().predictor().has_last_norm());
  const ExperimentSpec resnet = Small({"encoder.resnet={}"});
  EXPECT_EQ(resnet.encoder().resnet().variant(), RESNET50);
  EXPECT_TRUE(resnet.predictor().has_last_norm());
  EXPECT_FALSE(resnet.predictor().last_norm());
  EXPECT_FALSE(resnet.projector().has_last_norm());
  EXPECT_TRUE(Small({"encoder.resnet={}", "predictor.last_norm=true"})
                  .predictor()
                  .last_norm());
  EXPECT_FALSE(
      Small({"encoder.resnet={}", "nnclr={}"}).predictor().has_last_norm());
}

TEST(LoadSpecTest, TheProceduralSourceHasANumberOfImagesAndOthersAllTheyHave) {
  EXPECT_EQ(Small().data().train_images(), 4000);
  EXPECT_EQ(Small().data().test_images(), 1000);
  EXPECT_EQ(Small({"data.train_images=50"}).data().train_images(), 50);
  EXPECT_FALSE(Small({"data.cifar.root=x"}).data().has_train_images());
}

TEST(ChangeSpecTest, SetsFieldsOfAResolvedSpecAndChecksThem) {
  const auto changed =
      ChangeSpec(Small(), "a checkpoint", {"evaluation.knn.neighbors=7"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->evaluation().knn().neighbors(), 7);
  EXPECT_EQ(changed->snclr().neighbors(), 5);
  const auto wrong =
      ChangeSpec(Small(), "a checkpoint", {"evaluation.knn.neighbours=7"});
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wrong.status().ToString(), HasSubstr("evaluation.knn.neighbors"));
}

TEST(LoadSpecTest, ListsTheProblemsOfEveryKindAtOnce) {
  const std::string path = WriteFile("bad.textproto", R"(name: "a/b"
snclr { neighbours: 5 temperature: -1 bank { rows: 3 } }
data { image_folder {} global_batch: 1 }
optimizer { base_lr: "fast" }
)");
  const auto spec =
      LoadSpec(path, {"seed=-1", "optimizer.lr=3", "snclr.bank.rows=2"});
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      std::string(spec.status().message()),
      path +
          ":2:9: snclr.neighbours: no such field; did you mean "
          "'snclr.neighbors'?\n" +
          path +
          ":4:22: optimizer.base_lr: wanted a number, got \"fast\"\n"
          "--set=seed=-1: seed: wanted a whole number, not negative, got '-1'\n"
          "--set=optimizer.lr=3: optimizer.lr: no such field; did you mean "
          "'optimizer.base_lr'?\n" +
          path + ":2:23: snclr.temperature: must be above 0, is -1\n" + path +
          ":3:8: data.image_folder.root: must be set\n" + path +
          ":3:24: data.global_batch: must be at least 2, is 1\n" + path +
          ":1:1: name: 'a/b' must begin with a letter or digit and have only "
          "letters, digits, '_', '-' and '.'\n"
          "--set=snclr.bank.rows=2: snclr.bank.rows: 2 is less than "
          "snclr.neighbors, "
          "30");
}

TEST(LoadSpecTest, AMissingFileIsNotFound) {
  EXPECT_EQ(LoadSpec("none.textproto", {}).status(),
            absl::NotFoundError("none.textproto: no such file"));
}

TEST(LoadSpecTest, AnEmptyFileLacksNameMethodAndData) {
  const std::string path = WriteFile("empty.textproto", "");
  const std::string message(LoadSpec(path, {}).status().message());
  EXPECT_THAT(message, HasSubstr(path + ": name: must be set"));
  EXPECT_THAT(message, HasSubstr(path + ": data: must be set"));
  EXPECT_THAT(message, HasSubstr(path + ": no method; set one of "));
}

TEST(ResolveSpecTest, ChecksAndNamesTheOrigin) {
  ExperimentSpec spec;
  spec.set_base("x.textproto");
  spec.set_name("n");
  spec.mutable_data()->mutable_procedural();
  spec.mutable_snclr()->set_neighbors(-1);
  EXPECT_EQ(ResolveSpec(spec, "sweep row 3").status(),
            absl::InvalidArgumentError(
                "sweep row 3: base: can only be set in a spec file\n"
                "sweep row 3: snclr.neighbors: must be at least 0, is -1"));
}

TEST(ResolveSpecTest, LeavesAResolvedSpecAlone) {
  const ExperimentSpec spec = Small();
  const auto again = ResolveSpec(spec, "again");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(DiffSpecs(spec, *again), IsEmpty());
}

TEST(SpecToTextTest, ReadsBackAsTheSameSpec) {
  const ExperimentSpec spec = Small({"question=ä \"quoted\"\\ line", "seed=7"});
  const auto again =
      LoadSpec(WriteFile("resolved.textproto", SpecToText(spec)), {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(MessageDifferencer::Equals(spec, *again));
  EXPECT_EQ(SpecHash(spec), SpecHash(*again));
}

TEST(SpecHashTest, IsAFixedFunctionOfPathsAndValues) {
  ExperimentSpec spec;
  spec.set_name("n");
  spec.set_seed(3);
  spec.mutable_optimizer()->set_base_lr(1.5e-4);
  // Recorded: with another value, runs of before are no longer recognised.
  EXPECT_EQ(SpecHash(spec), "8477dc19d481568e");
}

TEST(SpecHashTest, ChangesWithEveryNumber) {
  const std::string hash = SpecHash(Small());
  for (const char* assignment :
       {"name=other", "seed=2", "snclr.neighbors=6", "snclr.bank.scope=GLOBAL",
        "optimizer.base_lr=5.000000001e-4", "data.procedural.seed=2",
        "data.global_batch=32", "parallelism.threads=1",
        "evaluation.knn.neighbors=5", "precision=BF16",
        "data.jpeg_decoder=NVJPEG", "augmentation.view1.flip_probability=0"}) {
    EXPECT_NE(SpecHash(Small({assignment})), hash) << assignment;
  }
}

TEST(SpecHashTest, DoesNotDependOnHowTheRunIsWatchedSavedAndPaced) {
  const std::string hash = SpecHash(Small());
  for (const char* assignment :
       {"question=another", "tracking.every_steps=1",
        "checkpoint.every_minutes=1", "checkpoint.keep=5",
        "watch.every_steps=1", "data.workers=3", "data.prefetch_batches=9",
        "data.max_broken_images=0", "data.resident_gib=0"}) {
    EXPECT_EQ(SpecHash(Small({assignment})), hash) << assignment;
  }
}

TEST(FlattenSpecTest, GivesEveryLeafByItsPath) {
  ExperimentSpec spec;
  spec.set_name("n");
  spec.mutable_optimizer()->set_base_lr(5e-4);
  spec.mutable_snclr()->mutable_bank()->set_scope(GLOBAL);
  spec.mutable_snclr()->set_threshold(false);
  spec.mutable_data()->mutable_procedural();
  EXPECT_EQ(FlattenSpec(spec),
            (std::map<std::string, std::string>{{"data.procedural", "{}"},
                                                {"name", "n"},
                                                {"optimizer.base_lr", "0.0005"},
                                                {"snclr.bank.scope", "GLOBAL"},
                                                {"snclr.threshold", "false"}}));
}

TEST(DiffSpecsTest, NamesThePathsThatDiffer) {
  const ExperimentSpec a = Small();
  EXPECT_THAT(DiffSpecs(a, a), IsEmpty());
  EXPECT_THAT(DiffSpecs(a, Small({"seed=2", "snclr.attention_scale=4",
                                  "snclr.positiveness=ATTENTION"})),
              ElementsAre("seed: 1 -> 2", "snclr.attention_scale: (unset) -> 4",
                          "snclr.positiveness: COSINE -> ATTENTION"));
}

TEST(MethodNameTest, IsTheArmOfTheOneof) {
  EXPECT_EQ(MethodName(Small()), "snclr");
  EXPECT_EQ(MethodName(ExperimentSpec()), "");
}

void Reach(const Descriptor* message, std::set<const Descriptor*>* reached) {
  if (!reached->insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const Descriptor* inner = message->field(i)->message_type();
    if (inner != nullptr) Reach(inner, reached);
  }
}

// Arms of oneofs too, which no single spec reaches.
TEST(FieldRulesOfTheSpecTest, EveryDefaultCanBeReadAndIsWithinItsRange) {
  std::set<const Descriptor*> reached;
  Reach(ExperimentSpec::descriptor(), &reached);
  EXPECT_GT(reached.size(), 15);
  for (const Descriptor* descriptor : reached) {
    std::unique_ptr<google::protobuf::Message> message(
        MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
    Places places("");
    for (int i = 0; i < descriptor->field_count(); ++i) {
      places.Set(descriptor->field(i)->name(), "");  // required ones stay unset
    }
    Problems problems;
    FillDefaults(message.get(), &problems);
    CheckRules(*message, places, &problems);
    EXPECT_TRUE(problems.empty()) << descriptor->name() << problems.status();
  }
}

}  // namespace
}  // namespace snclr
