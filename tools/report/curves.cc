// SPDX-License-Identifier: MIT
#include "tools/report/curves.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "snclr/core/base/status_macros.h"
#include "tools/report/line_points.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxPoints = 500;
constexpr size_t kMinPoints = 60;
constexpr size_t kMaxLinesOfGroup = 25;
constexpr size_t kPointBudget = 400000;  // of a whole report: about 6 MB

struct Line {
  size_t run;
  size_t group;
  bool counted;
  std::vector<MetricPoint> points;
};

// Six digits are more than a screen can show.
double Rounded(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double scale =
      std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) ? std::round(value * scale) / scale : value;
}

// Draws against epochs unless none was recorded.
bool HasEpochs(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    for (const MetricPoint& point : line.points) {
      if (point.epoch > 0) return true;
    }
  }
  return false;
}

std::vector<LinePoint> Points(const Line& line, bool by_epoch) {
  std::vector<LinePoint> points;
  for (const MetricPoint& point : line.points) {
    points.push_back({by_epoch ? point.epoch : static_cast<double>(point.step),
                      point.value});
  }
  return points;
}

Json LineJson(const Line& line, const std::vector<LinePoint>& points) {
  Json x = Json::array(), y = Json::array();
  for (const LinePoint& point : points) {
    x.push_back(Rounded(point.x));
    y.push_back(Rounded(point.y));
  }
  return {{"run", line.run},
          {"group", line.group},
          {"counted", line.counted},
          {"x", std::move(x)},
          {"y", std::move(y)}};
}

Json MeanJson(size_t group, const std::vector<MeanPoint>& points) {
  Json x = Json::array(), mean = Json::array(), deviation = Json::array();
  for (const MeanPoint& point : points) {
    x.push_back(Rounded(point.x));
    mean.push_back(Rounded(point.mean));
    deviation.push_back(Rounded(point.deviation));
  }
  return {{"group", group},
          {"x", std::move(x)},
          {"mean", std::move(mean)},
          {"deviation", std::move(deviation)}};
}

Json MetricCurves(const std::string& metric, const std::vector<Line>& lines,
                  size_t left_out, size_t most) {
  const bool by_epoch = HasEpochs(lines);
  std::map<size_t, std::vector<std::vector<LinePoint>>> counted;
  Json drawn = Json::array();
  size_t recorded = 0, shown = 0;
  for (const Line& line : lines) {
    const std::vector<LinePoint> points = Points(line, by_epoch);
    const std::vector<LinePoint> thin = Thin(points, most);
    recorded += points.size();
    shown += thin.size();
    drawn.push_back(LineJson(line, thin));
    if (line.counted) counted[line.group].push_back(points);
  }
  Json means = Json::array();
  for (const auto& [group, some] : counted) {
    if (some.size() < 2) continue;
    means.push_back(MeanJson(group, Every(MeanOver(some), most)));
  }
  return {{"metric", metric},           {"x", by_epoch ? "epoch" : "step"},
          {"recorded", recorded},       {"shown", shown},
          {"lines_left_out", left_out}, {"groups", std::move(means)},
          {"lines", std::move(drawn)}};
}

// The runs of the drawn groups that have lines: counted ones first.
std::vector<Line> RunsToDraw(const ReportGroups& groups,
                             const std::vector<size_t>& drawn,
                             size_t* left_out) {
  std::vector<Line> lines;
  for (const size_t g : drawn) {
    size_t count = 0;
    for (const auto* runs : {&groups.comparison.groups[g].counted,
                             &groups.comparison.groups[g].left_out}) {
      const bool counted = runs == &groups.comparison.groups[g].counted;
      for (const size_t run : *runs) {
        if (++count > kMaxLinesOfGroup) {
          ++*left_out;
          continue;
        }
        lines.push_back({run, g, counted, {}});
      }
    }
  }
  return lines;
}

}  // namespace

std::vector<size_t> DrawnGroups(const ReportGroups& groups) {
  std::vector<size_t> order(groups.comparison.groups.size());
  for (size_t g = 0; g < order.size(); ++g) order[g] = g;
  if (groups.comparison.query.metrics.empty()) return order;
  const double sign =
      IsLowerBetter(groups.comparison.query.metrics[0]) ? -1 : 1;
  const auto value = [&](size_t g) {
    const auto& mean = groups.comparison.groups[g].metrics[0].mean;
    return mean.has_value() && std::isfinite(*mean) ? sign * *mean : -INFINITY;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return value(a) > value(b); });
  if (order.size() > kMaxDrawnGroups) order.resize(kMaxDrawnGroups);
  return order;
}

absl::StatusOr<Json> Curves(const Tracker& tracker, const ReportGroups& groups,
                            const std::vector<size_t>& drawn) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, tracker.MetricNames());
  std::stable_partition(names.begin(), names.end(), [&](const auto& name) {
    return std::find(groups.comparison.query.metrics.begin(),
                     groups.comparison.query.metrics.end(),
                     name) != groups.comparison.query.metrics.end();
  });
  size_t left_out = 0;
  const std::vector<Line> runs = RunsToDraw(groups, drawn, &left_out);
  const size_t most =
      std::clamp(kPointBudget / std::max<size_t>(runs.size() * names.size(), 1),
                 kMinPoints, kMaxPoints);
  Json curves = Json::array();
  for (const std::string& name : names) {
    std::vector<Line> lines;
    bool any_curve = false;
    for (Line line : runs) {
      ASSIGN_OR_RETURN(
          line.points,
          tracker.Series(groups.comparison.runs[line.run].record.id, name));
      if (line.points.empty()) continue;
      any_curve = any_curve || line.points.size() > 1;
      lines.push_back(std::move(line));
    }
    if (any_curve) {
      curves.push_back(MetricCurves(name, lines, left_out, most));
    }
  }
  return curves;
}

}  // namespace snclr
