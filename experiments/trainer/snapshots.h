// SPDX-License-Identifier: MIT
// Looks at the features of some training images while a run goes on, and leaves
// what it saw in the run's folder:
//
//   snapshots/images.jpg       a sheet of their thumbnails (image_sheet.h)
//   snapshots/images.json      { tile_px, columns, classes: [name],
//                                names: [name], labels: [class or -1],
//                                samples: [picture] }
//   snapshots/<steps done, 8 digits>.json
//                              { step, epoch, map: { x, y: [per picture],
//                                shares: [2] },
//                                neighbors: [ { picture, index: [picture],
//                                similarity, positiveness } ] }
//
// The map is the plane of most variance of the encoder's features
// (principal_plane.h), made anew for each snapshot. `neighbors` is there for a
// method that shows soft neighbours (soft_neighbors.h), one for each sample,
// sought among all other pictures of the sheet. Everything is seen through the
// evaluation view and changes nothing of the run.
#ifndef EXPERIMENTS_TRAINER_SNAPSHOTS_H_
#define EXPERIMENTS_TRAINER_SNAPSHOTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/source.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/method.h"

namespace snclr {

// Up to `count` images, as evenly from the classes as their sizes let, those of
// a class spread over it; sorted. Unlabelled images are a class.
std::vector<int64_t> SpreadOverClasses(const Source& source, int64_t count);

// A file that a snapshot left.
struct SnapshotFile {
  std::string kind;  // "snapshot", or "snapshot_images" for the two of all
  std::string path;
  int64_t bytes = 0;
  std::string checksum;
};

class Snapshots {
 public:
  // Null where the spec wants none. `train` outlives it. Nothing is read yet.
  static std::unique_ptr<Snapshots> Create(const ExperimentSpec& spec,
                                           const Source& train,
                                           const std::string& folder);

  // Whether one belongs between two numbers of epochs done.
  bool IsDue(double epoch_before, double epoch) const;

  // Takes one. The first call reads the images; broken ones are left out. Fails
  // where fewer than three can be read, and as writing does.
  absl::StatusOr<std::vector<SnapshotFile>> Take(Method& method, int64_t step,
                                                 double epoch);

 private:
  Snapshots(const ExperimentSpec& spec, const Source& train,
            std::string folder);
  absl::Status ReadImages();
  absl::StatusOr<SnapshotFile> Write(const std::string& kind,
                                     const std::string& name,
                                     const std::string& text) const;
  // The evaluation views of pictures, by their place in images_.
  absl::StatusOr<at::Tensor> ViewsOf(const std::vector<int64_t>& pictures,
                                     const at::Tensor& like) const;

  const ExperimentSpec spec_;
  const Source& train_;
  const std::string folder_;
  std::vector<int64_t> images_;   // in the source; the pictures of the sheet
  std::vector<int64_t> samples_;  // places in images_
  std::vector<SnapshotFile> of_all_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_SNAPSHOTS_H_
