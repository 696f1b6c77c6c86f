// SPDX-License-Identifier: MIT
#include "tools/report/line_points.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace snclr {
namespace {

// The lowest and the highest of line[begin, end), in their order; one point
// where they are the same or none is a number.
void AppendExtremes(const std::vector<LinePoint>& line, size_t begin,
                    size_t end, std::vector<LinePoint>* out) {
  size_t low = end, high = end;
  for (size_t i = begin; i < end; ++i) {
    if (!std::isfinite(line[i].y)) continue;
    if (low == end || line[i].y < line[low].y) low = i;
    if (high == end || line[i].y > line[high].y) high = i;
  }
  if (low == end) {
    out->push_back(line[begin]);
    return;
  }
  out->push_back(line[std::min(low, high)]);
  if (low != high) out->push_back(line[std::max(low, high)]);
}

}  // namespace

std::vector<LinePoint> Thin(const std::vector<LinePoint>& line, size_t most) {
  if (line.size() <= most || line.size() <= 4) return line;
  const size_t buckets = (std::max<size_t>(most, 4) - 2) / 2;
  const size_t inner = line.size() - 2;
  std::vector<LinePoint> thin = {line.front()};
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    const size_t begin = 1 + bucket * inner / buckets;
    const size_t end = 1 + (bucket + 1) * inner / buckets;
    if (begin < end) AppendExtremes(line, begin, end, &thin);
  }
  thin.push_back(line.back());
  return thin;
}

std::vector<MeanPoint> MeanOver(
    const std::vector<std::vector<LinePoint>>& lines) {
  std::map<double, std::vector<double>> by_x;
  for (const std::vector<LinePoint>& line : lines) {
    for (const LinePoint& point : line) {
      if (std::isfinite(point.y)) by_x[point.x].push_back(point.y);
    }
  }
  std::vector<MeanPoint> means;
  for (const auto& [x, values] : by_x) {
    if (values.size() != lines.size()) continue;
    const double count = static_cast<double>(values.size());
    MeanPoint point{x, 0, 0};
    for (const double value : values) point.mean += value / count;
    double squares = 0;
    for (const double value : values) {
      squares += (value - point.mean) * (value - point.mean);
    }
    if (values.size() > 1) point.deviation = std::sqrt(squares / (count - 1));
    means.push_back(point);
  }
  return means;
}

std::vector<MeanPoint> Every(const std::vector<MeanPoint>& points,
                             size_t most) {
  if (points.size() <= most || most < 2) return points;
  std::vector<MeanPoint> some;
  for (size_t i = 0; i < most; ++i) {
    some.push_back(points[i * (points.size() - 1) / (most - 1)]);
  }
  return some;
}

}  // namespace snclr
