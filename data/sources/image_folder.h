// SPDX-License-Identifier: MIT
// JPEG and PNG files in folders.
#ifndef DATA_SOURCES_IMAGE_FOLDER_H_
#define DATA_SOURCES_IMAGE_FOLDER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/source.h"

namespace snclr {

// Opens one split of an image folder (ImageFolderSpec says which folders make
// it).
//
// Labels: the folders in the training folder are the classes, numbered by their
// names' bytes; images lie in them at any depth. The test split uses the
// training folder's numbers, so a class that has no test images shifts nothing;
// a test class that training does not know is refused. A folder whose images
// lie in it directly is unlabelled. Where both are found, the class folders
// count, and the loose images are warned of.
//
// Files are found by extension (HasImageExtension) and read by content. A class
// folder without images keeps its number and is warned of by path.
//
// NotFound for a missing folder; InvalidArgument where a folder holds no image.
// fingerprint() asks the file system for each file's size (1 us to 1 ms each,
// by where the files lie).
absl::StatusOr<std::unique_ptr<Source>> OpenImageFolder(
    const ImageFolderSpec& spec, Split split);

}  // namespace snclr

#endif  // DATA_SOURCES_IMAGE_FOLDER_H_
