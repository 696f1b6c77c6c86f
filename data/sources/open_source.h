// SPDX-License-Identifier: MIT
// From a spec to the images that it names.
#ifndef DATA_SOURCES_OPEN_SOURCE_H_
#define DATA_SOURCES_OPEN_SOURCE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/source.h"

namespace snclr {

// Opens one split of a resolved spec, cut down to train_images / test_images
// where set. NotFound for a missing folder or split; InvalidArgument where
// there is no image at all. Empty class folders are warned of, by name.
absl::StatusOr<std::unique_ptr<Source>> OpenSource(const DataSpec& spec,
                                                   Split split);

}  // namespace snclr

#endif  // DATA_SOURCES_OPEN_SOURCE_H_
