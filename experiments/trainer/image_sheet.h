// SPDX-License-Identifier: MIT
// Many small pictures in one JPEG file.
#ifndef EXPERIMENTS_TRAINER_IMAGE_SHEET_H_
#define EXPERIMENTS_TRAINER_IMAGE_SHEET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/image.h"

namespace snclr {

struct ImageSheet {
  int64_t tile_px = 0;  // pictures are squares of this side
  int64_t columns = 0;  // picture i stands in row i / columns
  std::string jpeg;
};

// Puts the middle square of each picture, resized, beside the one before.
// InvalidArgument where there is none; Internal where the encoder fails.
absl::StatusOr<ImageSheet> MakeImageSheet(const std::vector<Image>& images,
                                          int64_t tile_px, int64_t columns);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_IMAGE_SHEET_H_
