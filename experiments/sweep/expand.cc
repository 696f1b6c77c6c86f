// SPDX-License-Identifier: MIT
#include "experiments/sweep/expand.h"

#include <filesystem>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/sweep/draw.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr size_t kMostTrials = 100000;

class Expander {
 public:
  Expander(const SweepFile& file, const std::vector<std::string>& extra)
      : file_(file), spec_(file.spec), extra_(extra) {}

  absl::StatusOr<std::vector<TrialRecipe>> Run() {
    RETURN_IF_ERROR(CheckExtra());
    std::vector<TrialRecipe> points;
    if (spec_.axes_size() > 0 || spec_.has_random() ||
        spec_.trials_size() == 0) {
      points.push_back(Base());
    }
    for (int i = 0; i < spec_.axes_size(); ++i) {
      ASSIGN_OR_RETURN(points, Cross(points, AxisPoints(i)));
    }
    if (spec_.has_random()) {
      ASSIGN_OR_RETURN(points, Cross(points, DrawnPoints()));
    }
    const std::vector<TrialRecipe> listed = ListedPoints();
    points.insert(points.end(), listed.begin(), listed.end());
    return WithSeeds(points);
  }

 private:
  std::string FileOf(const std::string& named) const {
    return (std::filesystem::path(file_.path).parent_path() / named)
        .lexically_normal();
  }

  absl::Status CheckExtra() {
    std::set<std::string> varied;
    for (const AxisSpec& axis : spec_.axes()) {
      varied.insert(axis.path());
      for (const VariantSpec& variant : axis.variants()) {
        for (const auto& text : variant.set())
          varied.insert(AssignedPath(text));
      }
    }
    for (const DrawSpec& draw : spec_.random().draws()) {
      varied.insert(draw.path());
    }
    if (spec_.has_seeds() || spec_.seed_values_size() > 0) {
      varied.insert("seed");
    }
    for (const std::string& text : extra_) {
      if (varied.count(AssignedPath(text)) == 0) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "--set=", text, ": the sweep varies this field, in ", file_.path));
    }
    return absl::OkStatus();
  }

  // What all trials share, below what they differ in.
  TrialRecipe Base() const {
    TrialRecipe base;
    if (!spec_.base().empty()) base.spec_file = FileOf(spec_.base());
    base.spec_place = file_.places.Find("base");
    base.assignments = {
        {absl::StrCat("name=", spec_.name()), file_.places.Find("name")},
        {absl::StrCat("question=", spec_.question()),
         file_.places.Find("question")}};
    for (int i = 0; i < spec_.set_size(); ++i) {
      base.assignments.push_back(
          {spec_.set(i), file_.places.Find(absl::StrCat("set[", i, "]"))});
    }
    return base;
  }

  // A step of an axis: its recipe holds only what it adds.
  TrialRecipe VariantPoint(const VariantSpec& variant, const std::string& path,
                           const std::string& heading) const {
    TrialRecipe point;
    if (!variant.spec().empty()) {
      point.spec_file = FileOf(variant.spec());
      point.spec_place = file_.places.Find(path + ".spec");
    }
    for (int i = 0; i < variant.set_size(); ++i) {
      point.assignments.push_back(
          {variant.set(i),
           file_.places.Find(absl::StrCat(path, ".set[", i, "]"))});
    }
    std::string label = variant.name();
    if (label.empty() && variant.set_size() > 0) {
      label = absl::StrJoin(variant.set(), " ");
    }
    if (label.empty()) {
      label = std::filesystem::path(variant.spec()).stem().string();
    }
    point.labels = {{heading, label}};
    return point;
  }

  std::vector<TrialRecipe> AxisPoints(int index) const {
    const AxisSpec& axis = spec_.axes(index);
    const std::string path = absl::StrCat("axes[", index, "]");
    std::vector<TrialRecipe> points;
    for (int i = 0; i < axis.variants_size(); ++i) {
      points.push_back(VariantPoint(
          axis.variants(i), absl::StrCat(path, ".variants[", i, "]"),
          axis.name().empty() ? "variant" : axis.name()));
    }
    for (int i = 0; i < axis.values_size(); ++i) {
      TrialRecipe point;
      point.assignments = {
          {absl::StrCat(axis.path(), "=", axis.values(i)),
           file_.places.Find(absl::StrCat(path, ".values[", i, "]"))}};
      point.labels = {
          {axis.name().empty() ? axis.path() : axis.name(), axis.values(i)}};
      points.push_back(point);
    }
    return points;
  }

  std::vector<TrialRecipe> DrawnPoints() const {
    const RandomSpec& random = spec_.random();
    std::vector<TrialRecipe> points(random.count());
    for (int i = 0; i < random.draws_size(); ++i) {
      const DrawSpec& draw = random.draws(i);
      const std::string place =
          file_.places.Find(absl::StrCat("random.draws[", i, "]"));
      for (int n = 0; n < random.count(); ++n) {
        const std::string value = DrawValue(draw, random.seed(), n);
        points[n].assignments.push_back(
            {absl::StrCat(draw.path(), "=", value), place});
        points[n].labels.emplace_back(draw.path(), value);
      }
    }
    return points;
  }

  // A point of `steps` on top of each of `points`.
  static absl::StatusOr<std::vector<TrialRecipe>> Cross(
      const std::vector<TrialRecipe>& points,
      const std::vector<TrialRecipe>& steps) {
    if (points.size() * steps.size() > kMostTrials) {
      return absl::InvalidArgumentError(
          absl::StrCat("the sweep has more than ", kMostTrials, " trials"));
    }
    std::vector<TrialRecipe> crossed;
    for (const TrialRecipe& point : points) {
      for (const TrialRecipe& step : steps)
        crossed.push_back(Over(point, step));
    }
    return crossed;
  }

  static TrialRecipe Over(TrialRecipe below, const TrialRecipe& step) {
    if (!step.spec_file.empty()) {
      below.spec_file = step.spec_file;
      below.spec_place = step.spec_place;
    }
    below.assignments.insert(below.assignments.end(), step.assignments.begin(),
                             step.assignments.end());
    below.labels.insert(below.labels.end(), step.labels.begin(),
                        step.labels.end());
    return below;
  }

  std::vector<TrialRecipe> ListedPoints() const {
    std::vector<TrialRecipe> points;
    for (int i = 0; i < spec_.trials_size(); ++i) {
      points.push_back(
          Over(Base(), VariantPoint(spec_.trials(i),
                                    absl::StrCat("trials[", i, "]"), "trial")));
    }
    return points;
  }

  std::vector<TrialRecipe> WithSeeds(const std::vector<TrialRecipe>& points) {
    std::vector<std::pair<uint64_t, std::string>> seeds;  // with their places
    for (int i = 0; i < spec_.seeds(); ++i) {
      seeds.emplace_back(i + 1, file_.places.Find("seeds"));
    }
    for (int i = 0; i < spec_.seed_values_size(); ++i) {
      seeds.emplace_back(spec_.seed_values(i), file_.places.Find(absl::StrCat(
                                                   "seed_values[", i, "]")));
    }
    std::vector<TrialRecipe> recipes;
    for (size_t c = 0; c < points.size(); ++c) {
      for (size_t s = 0; s < std::max<size_t>(seeds.size(), 1); ++s) {
        TrialRecipe recipe = points[c];
        recipe.configuration = static_cast<int>(c);
        if (!seeds.empty()) {
          recipe.seed = seeds[s].first;
          recipe.assignments.push_back(
              {absl::StrCat("seed=", seeds[s].first), seeds[s].second});
        }
        for (const std::string& text : extra_) {
          recipe.assignments.push_back({text, absl::StrCat("--set=", text)});
        }
        recipes.push_back(std::move(recipe));
      }
    }
    return recipes;
  }

  const SweepFile& file_;
  const SweepSpec& spec_;
  const std::vector<std::string>& extra_;
};

}  // namespace

absl::StatusOr<std::vector<TrialRecipe>> Expand(
    const SweepFile& file, const std::vector<std::string>& extra) {
  return Expander(file, extra).Run();
}

std::string SweepName(const SweepFile& file,
                      const std::vector<std::string>& extra) {
  std::string name = file.spec.name();
  for (const std::string& text : extra) {
    if (AssignedPath(text) == "name" && text.find('=') != std::string::npos) {
      name = std::string(
          absl::StripAsciiWhitespace(text.substr(text.find('=') + 1)));
    }
  }
  return name;
}

}  // namespace snclr
