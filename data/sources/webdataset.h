// SPDX-License-Identifier: MIT
// Images in tar shards, as WebDataset lays them out.
#ifndef DATA_SOURCES_WEBDATASET_H_
#define DATA_SOURCES_WEBDATASET_H_

#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/source.h"

namespace snclr {

// Opens one split (WebDatasetSpec, data/sources/shard_pattern.h). Members next
// to each other whose names agree up to the first dot of the last path
// component are a sample: its image is the .jpg, .jpeg or .png, its label the
// number in .cls; anything else in it is left alone. Samples without an image
// are left out and counted in the log, those without .cls are unlabelled.
// Classes are named by their numbers, up to the largest there is.
//
// Shards are plain files: opening reads their headers once, several shards at a
// time, and keeps 32 bytes and the name of each sample; then any sample is one
// read.
//
// NotFound where a pattern matches nothing; DataLoss, naming the shard, where
// one is damaged or cut off or a .cls is no class number; InvalidArgument where
// there is no image at all.
absl::StatusOr<std::unique_ptr<Source>> OpenWebDataset(
    const WebDatasetSpec& spec, Split split);

}  // namespace snclr

#endif  // DATA_SOURCES_WEBDATASET_H_
