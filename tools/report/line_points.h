// SPDX-License-Identifier: MIT
// What a curve is drawn from: fewer points than were recorded, and the band
// over runs.
#ifndef TOOLS_REPORT_LINE_POINTS_H_
#define TOOLS_REPORT_LINE_POINTS_H_

#include <cstddef>
#include <vector>

namespace snclr {

struct LinePoint {
  double x = 0;  // epochs, or steps
  double y = 0;  // NaN or infinite: no number was recorded
};

// At most `most` points (at least 4) of a line whose x ascend: the first, the
// last, and of each of equally many neighbours between them the lowest and the
// highest, so that no spike is lost. Values that are no number are kept as a
// gap where a whole neighbourhood has none.
std::vector<LinePoint> Thin(const std::vector<LinePoint>& line, size_t most);

// Mean and sample standard deviation over several lines, at each x that all of
// them have with a number: a mean over changing runs would jump where one ends.
struct MeanPoint {
  double x = 0;
  double mean = 0;
  double deviation = 0;  // 0 for a single line
};
std::vector<MeanPoint> MeanOver(
    const std::vector<std::vector<LinePoint>>& lines);

// At most `most` of them, evenly, the first and the last among them.
std::vector<MeanPoint> Every(const std::vector<MeanPoint>& points, size_t most);

}  // namespace snclr

#endif  // TOOLS_REPORT_LINE_POINTS_H_
