// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_file.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/field_rules.h"
#include "experiments/proto/field_text.h"
#include "experiments/proto/text_parser.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

std::string Element(const std::string& list, int index) {
  return absl::StrCat(list, "[", index, "]");
}

class Checker {
 public:
  Checker(const SweepSpec& spec, const Places& places, Problems* problems)
      : spec_(spec), places_(places), problems_(problems) {}

  void Run() {
    CheckThereIsSomething();
    CheckAssignments("set", spec_.set());
    for (int i = 0; i < spec_.axes_size(); ++i) {
      CheckAxis(spec_.axes(i), Element("axes", i));
    }
    if (spec_.has_random()) CheckRandom();
    for (int i = 0; i < spec_.trials_size(); ++i) {
      CheckVariant(spec_.trials(i), Element("trials", i));
    }
    CheckBase();
    CheckSeeds();
    if (spec_.has_early_stopping()) CheckRungs();
  }

 private:
  void Add(const std::string& path, const std::string& what) {
    problems_->Add(places_.Find(path), path, what);
  }

  void CheckThereIsSomething() {
    if (spec_.axes_size() == 0 && !spec_.has_random() &&
        spec_.trials_size() == 0 && !spec_.has_seeds() &&
        spec_.seed_values_size() == 0) {
      Add("", "a sweep over 0 runs; set axes, random, trials or seeds");
    }
  }

  template <typename List>
  void CheckAssignments(const std::string& path, const List& assignments) {
    for (int i = 0; i < assignments.size(); ++i) {
      CheckAssigned(AssignedPath(assignments[i]), Element(path, i));
    }
  }

  void CheckAssigned(const std::string& field, const std::string& path) {
    if (field == "name" || field == "question") {
      Add(path, absl::StrCat("every run has the sweep's own ", field));
    } else if (field == "seed" &&
               (spec_.has_seeds() || spec_.seed_values_size() > 0)) {
      Add(path, "the sweep's seeds are set already");
    }
  }

  // Each field is varied in one place only: the last one would win silently.
  void Varies(const std::string& field, const std::string& path) {
    const auto [other, is_first] = varied_.emplace(field, path);
    if (!is_first && other->second != path) {
      Add(path, absl::StrCat(field, " is varied by ", other->second, " too"));
    }
  }

  void CheckVariant(const VariantSpec& variant, const std::string& path) {
    CheckAssignments(path + ".set", variant.set());
    if (variant.name().empty() && variant.spec().empty() &&
        variant.set_size() == 0) {
      Add(path, "sets nothing; give it a set or a spec, or a name");
    }
  }

  void CheckAxis(const AxisSpec& axis, const std::string& path) {
    const bool has_values = axis.has_path() || axis.values_size() > 0;
    if (has_values && axis.variants_size() > 0) {
      return Add(path, "has a path with values or variants, not both");
    }
    if (axis.variants_size() > 0) {
      return CheckVariants(axis, path);
    }
    if (axis.values_size() == 0) {
      return Add(path, "has no values: a sweep over 0 runs");
    }
    if (axis.path().empty()) return Add(path + ".path", "must be set");
    CheckAssigned(axis.path(), path + ".path");
    Varies(axis.path(), path);
    std::set<std::string> seen;
    for (int i = 0; i < axis.values_size(); ++i) {
      if (!seen.insert(axis.values(i)).second) {
        Add(Element(path + ".values", i),
            absl::StrCat("'", axis.values(i), "' is there twice"));
      }
    }
  }

  void CheckVariants(const AxisSpec& axis, const std::string& path) {
    bool has_spec = false;
    for (int i = 0; i < axis.variants_size(); ++i) {
      const VariantSpec& variant = axis.variants(i);
      CheckVariant(variant, Element(path + ".variants", i));
      has_spec = has_spec || variant.has_spec();
      for (const std::string& assignment : variant.set()) {
        Varies(AssignedPath(assignment), path);
      }
    }
    if (!has_spec) return;
    if (!spec_axis_.empty()) {
      Add(path, absl::StrCat("variants with a spec of their own are in ",
                             spec_axis_, " too; one axis may have them"));
    }
    spec_axis_ = path;
  }

  void CheckRandom() {
    if (spec_.random().draws_size() == 0) {
      Add("random.draws", "has no draws: a sweep over 0 runs");
    }
    for (int i = 0; i < spec_.random().draws_size(); ++i) {
      const DrawSpec& draw = spec_.random().draws(i);
      const std::string path = Element("random.draws", i);
      if (!draw.path().empty()) {
        CheckAssigned(draw.path(), path + ".path");
        Varies(draw.path(), path);
      }
      switch (draw.distribution_case()) {
        case DrawSpec::kUniform:
          CheckRange(draw.uniform(), path + ".uniform");
          break;
        case DrawSpec::kLogUniform:
          CheckRange(draw.log_uniform(), path + ".log_uniform");
          if (draw.log_uniform().min() <= 0) {
            Add(path + ".log_uniform.min", "must be above 0");
          }
          break;
        case DrawSpec::kWhole:
          CheckRange(draw.whole(), path + ".whole");
          CheckWhole(draw.whole(), path + ".whole");
          break;
        case DrawSpec::kChoice:
          if (draw.choice().values_size() == 0) {
            Add(path + ".choice", "has no values: a sweep over 0 runs");
          }
          break;
        case DrawSpec::DISTRIBUTION_NOT_SET:
          if (!places_.Has(path)) break;
          Add(path,
              "no distribution; set one of uniform, log_uniform, whole, "
              "choice");
      }
    }
  }

  void CheckRange(const RangeSpec& range, const std::string& path) {
    if (range.has_min() && range.has_max() && range.min() > range.max()) {
      Add(path + ".min",
          absl::StrCat(NumberToText(range.min()), " is more than max, ",
                       NumberToText(range.max())));
    }
  }

  void CheckWhole(const RangeSpec& range, const std::string& path) {
    constexpr double kLargest = 1e15;
    if (std::floor(range.min()) != range.min() ||
        std::floor(range.max()) != range.max() ||
        std::abs(range.min()) > kLargest || std::abs(range.max()) > kLargest) {
      Add(path, "min and max must be whole numbers below 1e15");
    }
  }

  void CheckBase() {
    if (!spec_.base().empty() || places_.Has("base")) return;
    bool all_have_one = true;
    for (const VariantSpec& trial : spec_.trials()) {
      all_have_one = all_have_one && trial.has_spec();
    }
    bool axes_have_one = spec_.axes_size() == 0 && !spec_.has_random() &&
                         spec_.trials_size() > 0;
    for (const AxisSpec& axis : spec_.axes()) {
      bool each = axis.variants_size() > 0;
      for (const VariantSpec& variant : axis.variants()) {
        each = each && variant.has_spec();
      }
      axes_have_one = axes_have_one || each;
    }
    if (!all_have_one || !axes_have_one) {
      Add("base", "must be set, as not every trial has a spec of its own");
    }
  }

  void CheckSeeds() {
    if (spec_.has_seeds() && spec_.seed_values_size() > 0) {
      Add("seed_values", "only one of seeds and seed_values may be set");
    }
    std::set<uint64_t> seen;
    for (int i = 0; i < spec_.seed_values_size(); ++i) {
      if (!seen.insert(spec_.seed_values(i)).second) {
        Add(Element("seed_values", i),
            absl::StrCat(spec_.seed_values(i), " is there twice"));
      }
    }
  }

  void CheckRungs() {
    const HalvingSpec& halving = spec_.early_stopping();
    const bool by_share = halving.rung_shares_size() > 0;
    if (by_share == (halving.rung_epochs_size() > 0)) {
      return Add("early_stopping",
                 "needs rungs: one of rung_epochs and rung_shares");
    }
    const std::string list =
        absl::StrCat("early_stopping.rung_", by_share ? "shares" : "epochs");
    const auto& rungs =
        by_share ? halving.rung_shares() : halving.rung_epochs();
    for (int i = 0; i < rungs.size(); ++i) {
      if (!(rungs[i] > 0) || (by_share && rungs[i] >= 1)) {
        Add(Element(list, i),
            by_share ? "must be above 0 and below 1" : "must be above 0");
      }
      if (i > 0 && rungs[i] <= rungs[i - 1]) {
        Add(Element(list, i), "must be more than the rung before");
      }
    }
  }

  const SweepSpec& spec_;
  const Places& places_;
  Problems* const problems_;
  std::map<std::string, std::string> varied_;  // field -> who varies it
  std::string spec_axis_;
};

}  // namespace

std::string AssignedPath(const std::string& assignment) {
  return std::string(
      absl::StripAsciiWhitespace(assignment.substr(0, assignment.find('='))));
}

absl::StatusOr<SweepFile> ReadSweepFile(const std::string& path,
                                        const std::string& base) {
  std::error_code ignored;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path, ignored)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  SweepFile file{path, {}, Places(path)};
  Problems problems;
  TextOrigin origin;
  origin.name = path;
  origin.root = SweepSpec::descriptor();
  ParseText(text, origin, &file.spec, &file.places, &problems);
  if (!base.empty()) {
    file.spec.set_base(base);
    file.places.Set("base", absl::StrCat("--base=", base));
  }
  FillDefaults(&file.spec, &problems);
  CheckRules(file.spec, file.places, &problems);
  Checker(file.spec, file.places, &problems).Run();
  RETURN_IF_ERROR(problems.status());
  return file;
}

}  // namespace snclr
