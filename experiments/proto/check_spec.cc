// SPDX-License-Identifier: MIT
#include "experiments/proto/check_spec.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/proto/field_paths.h"
#include "experiments/proto/field_text.h"

namespace snclr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::OneofDescriptor;

class Checker {
 public:
  Checker(const ExperimentSpec& spec, const Places& places, Problems* problems)
      : spec_(spec), places_(places), problems_(problems) {}

  void Run() {
    CheckName();
    CheckChosen(*ExperimentSpec::descriptor(), "method", "",
                spec_.method_case() != ExperimentSpec::METHOD_NOT_SET);
    // Data that is missing altogether is a required field's problem.
    CheckChosen(*DataSpec::descriptor(), "source", "data",
                !spec_.has_data() ||
                    spec_.data().source_case() != DataSpec::SOURCE_NOT_SET);
    if (spec_.encoder().has_vit()) CheckVit();
    CheckHeads();
    if (spec_.has_snclr()) CheckSnclr();
    if (spec_.has_nnclr()) CheckNnclr();
    CheckView(spec_.augmentation().view1(), "augmentation.view1");
    CheckView(spec_.augmentation().view2(), "augmentation.view2");
    CheckView(spec_.evaluation().linear().view(), "evaluation.linear.view");
    CheckView(spec_.evaluation().finetune().view(), "evaluation.finetune.view");
    CheckNormalize();
    CheckOptimizer();
    CheckSchedule();
  }

 private:
  void Add(const std::string& path, const std::string& what) {
    problems_->Add(places_.Find(path), path, what);
  }

  // At whichever of two fields that contradict each other was set by the user.
  void AddAtEither(const std::string& path, const std::string& other,
                   const std::string& what) {
    const bool at_other = !places_.Has(path) && places_.Has(other);
    problems_->Add(places_.Find(at_other ? other : path), path, what);
  }

  void CheckName() {
    const std::string& name = spec_.name();
    if (name.empty()) return;  // required: reported
    bool is_good = absl::ascii_isalnum(name[0]);
    for (const char c : name) {
      is_good = is_good &&
                (absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.');
    }
    if (!is_good) {
      Add("name", absl::StrCat("'", name,
                               "' must begin with a letter or digit and "
                               "have only letters, digits, '_', '-' and '.'"));
    }
    constexpr size_t kLongestName = 128;
    if (name.size() > kLongestName) {
      Add("name", absl::StrCat("has ", name.size(), " characters, more than ",
                               kLongestName));
    }
  }

  void CheckChosen(const Descriptor& message, const std::string& name,
                   const std::string& path, bool is_chosen) {
    if (is_chosen) return;
    const OneofDescriptor& oneof = *message.FindOneofByName(name);
    for (const std::string& arm : ArmNames(oneof)) {
      if (places_.Has(JoinPath(path, arm))) return;  // misspelt: reported
    }
    problems_->Add(places_.Find(path), path,
                   absl::StrCat("no ", name, "; set one of ",
                                absl::StrJoin(ArmNames(oneof), ", ")));
  }

  void CheckVit() {
    const VitSpec& vit = spec_.encoder().vit();
    const int image = spec_.encoder().image_size_px();
    const int patch = vit.patch_size_px();
    if (patch > 0 && image > 0 && image % patch != 0) {
      AddAtEither(
          "encoder.vit.patch_size_px", "encoder.image_size_px",
          absl::StrCat(patch, " does not divide encoder.image_size_px, ",
                       image));
    }
    const bool is_custom = vit.variant() == VIT_CUSTOM;
    const std::pair<const char*, bool> sizes[] = {{"width", vit.has_width()},
                                                  {"depth", vit.has_depth()},
                                                  {"heads", vit.has_heads()}};
    for (const auto& [name, is_set] : sizes) {
      const std::string path = absl::StrCat("encoder.vit.", name);
      if (is_custom && !is_set) {
        AddAtEither(path, "encoder.vit.variant",
                    "must be set with variant VIT_CUSTOM");
      }
      if (!is_custom && is_set) {
        Add(path, absl::StrCat("only with variant VIT_CUSTOM; ",
                               VitVariant_Name(vit.variant()), " has its own"));
      }
    }
    if (is_custom && vit.has_width()) CheckWidth(vit);
  }

  void CheckWidth(const VitSpec& vit) {
    constexpr char kWidth[] = "encoder.vit.width";
    if (vit.width() % 4 != 0) {
      Add(kWidth, absl::StrCat(vit.width(),
                               " is no multiple of 4, which the "
                               "sin-cos positions need"));
    }
    if (vit.heads() > 0 && vit.width() % vit.heads() != 0) {
      AddAtEither(
          kWidth, "encoder.vit.heads",
          absl::StrCat(vit.width(), " is no multiple of heads, ", vit.heads()));
    }
  }

  void CheckHeads() {
    const int projected = spec_.projector().output_dim();
    const int predicted = spec_.predictor().output_dim();
    if (projected != predicted) {
      AddAtEither(
          "predictor.output_dim", "projector.output_dim",
          absl::StrCat(predicted, " differs from projector.output_dim, ",
                       projected));
    }
  }

  void CheckSnclr() {
    const SnclrSpec& snclr = spec_.snclr();
    if (snclr.bank().rows() < snclr.neighbors()) {
      AddAtEither(
          "snclr.bank.rows", "snclr.neighbors",
          absl::StrCat(snclr.bank().rows(), " is less than snclr.neighbors, ",
                       snclr.neighbors()));
    }
    if (snclr.threshold() && snclr.positiveness() == UNIFORM) {
      AddAtEither(
          "snclr.threshold", "snclr.positiveness",
          "with positiveness UNIFORM, 1/K each, it drops every neighbour");
    }
    if (snclr.has_attention_scale() && snclr.positiveness() != ATTENTION) {
      Add("snclr.attention_scale",
          absl::StrCat("only with positiveness ATTENTION, but it is ",
                       Positiveness_Name(snclr.positiveness())));
    }
  }

  void CheckNnclr() {
    const std::pair<const char*, bool> heads[] = {
        {"projector", spec_.projector().has_last_norm()},
        {"predictor", spec_.predictor().has_last_norm()}};
    for (const auto& [name, is_set] : heads) {
      if (is_set) {
        Add(absl::StrCat(name, ".last_norm"),
            "not with nnclr: nnclr.variant says how its heads end");
      }
    }
  }

  void CheckOptimizer() {
    const OptimizerSpec& optimizer = spec_.optimizer();
    const bool is_adamw = optimizer.kind() == ADAMW;
    const bool is_lars = optimizer.kind() == LARS;
    const std::string kind = OptimizerKind_Name(optimizer.kind());
    const struct {
      const char* name;
      bool is_set;
      bool belongs;
      bool is_needed;
    } fields[] = {
        {"base_lr", optimizer.has_base_lr(), true, true},
        {"weight_decay", optimizer.has_weight_decay(), true, true},
        {"decay_all", optimizer.has_decay_all(), !is_lars, false},
        {"beta1", optimizer.has_beta1(), is_adamw, false},
        {"beta2", optimizer.has_beta2(), is_adamw, false},
        {"epsilon", optimizer.has_epsilon(), is_adamw, false},
        {"momentum", optimizer.has_momentum(), !is_adamw, false},
        {"trust_coefficient", optimizer.has_trust_coefficient(), is_lars,
         false},
        {"clip_trust_ratio", optimizer.has_clip_trust_ratio(), is_lars, false},
    };
    for (const auto& field : fields) {
      const std::string path = absl::StrCat("optimizer.", field.name);
      if (field.is_set && !field.belongs) {
        AddAtEither(path, "optimizer.kind",
                    absl::StrCat("has no meaning with optimizer.kind ", kind));
      }
      if (!field.is_set && field.is_needed) {
        AddAtEither(path, "optimizer.kind",
                    absl::StrCat("must be set with optimizer.kind ", kind));
      }
    }
  }

  void CheckOrder(const std::string& parent, const char* low_name, double low,
                  const char* high_name, double high) {
    if (low <= high) return;
    AddAtEither(JoinPath(parent, low_name), JoinPath(parent, high_name),
                absl::StrCat(NumberToText(low), " is more than ", high_name,
                             ", ", NumberToText(high)));
  }

  void CheckView(const ViewSpec& view, const std::string& path) {
    const std::string crop = JoinPath(path, "crop");
    CheckOrder(crop, "min_area", view.crop().min_area(), "max_area",
               view.crop().max_area());
    CheckOrder(crop, "min_aspect", view.crop().min_aspect(), "max_aspect",
               view.crop().max_aspect());
    CheckOrder(JoinPath(path, "blur"), "sigma_min_px",
               view.blur().sigma_min_px(), "sigma_max_px",
               view.blur().sigma_max_px());
    const std::string erase = JoinPath(path, "erase");
    CheckOrder(erase, "min_area", view.erase().min_area(), "max_area",
               view.erase().max_area());
    CheckOrder(erase, "min_aspect", view.erase().min_aspect(), "max_aspect",
               view.erase().max_aspect());
  }

  void CheckNormalize() {
    const ChannelsSpec& std = spec_.augmentation().normalize().std();
    const std::pair<const char*, double> channels[] = {
        {"red", std.red()}, {"green", std.green()}, {"blue", std.blue()}};
    for (const auto& [name, value] : channels) {
      if (value <= 0) {
        Add(absl::StrCat("augmentation.normalize.std.", name),
            absl::StrCat("must be above 0, is ", NumberToText(value)));
      }
    }
  }

  void CheckSchedule() {
    const ScheduleSpec& schedule = spec_.schedule();
    if (schedule.warmup_epochs() > schedule.epochs()) {
      AddAtEither(
          "schedule.warmup_epochs", "schedule.epochs",
          absl::StrCat(NumberToText(schedule.warmup_epochs()),
                       " is more than schedule.epochs, ", schedule.epochs()));
    }
  }

  const ExperimentSpec& spec_;
  const Places& places_;
  Problems* const problems_;
};

}  // namespace

void CheckSpec(const ExperimentSpec& spec, const Places& places,
               Problems* problems) {
  Checker(spec, places, problems).Run();
}

}  // namespace snclr
