// SPDX-License-Identifier: MIT
// The snapshots that a run left (experiments/trainer/snapshots.h), as the page
// shows them.
#ifndef TOOLS_REPORT_SNAPSHOT_READER_H_
#define TOOLS_REPORT_SNAPSHOT_READER_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

// Points of a map.
struct MapPlaces {
  std::vector<double> x;
  std::vector<double> y;
};

// Turns and mirrors a map, around its centre, so that its points lie as close
// as they can to those of the map before (orthogonal Procrustes, Schoenemann,
// Psychometrika 31, 1966): the directions of a principal plane have no sign and
// may swap. Distances stay as they are. Both have the same points.
void AlignTo(const MapPlaces& before, MapPlaces* map);

// Whether a run left any.
bool HasSnapshots(const std::string& run_folder);

// All snapshots of a run's folder:
//
//   { sheet: "data:image/jpeg;base64,...", tile_px, columns, classes, labels,
//     names, samples, frames: [{ step, epoch, x, y, shares, neighbors }] }
//
// by step, each map aligned to the one before; of more than `most_frames` so
// many, evenly. NotFound where the run has none. DataLoss, naming the file and
// what is wrong, where one is damaged or its sizes do not fit.
// ResourceExhausted where the sheet is larger than `most_bytes`.
absl::StatusOr<nlohmann::json> ReadSnapshots(const std::string& run_folder,
                                             size_t most_frames,
                                             size_t most_bytes);

}  // namespace snclr

#endif  // TOOLS_REPORT_SNAPSHOT_READER_H_
