// SPDX-License-Identifier: MIT
// CIFAR-10 and CIFAR-100 in their binary versions (Krizhevsky, 2009;
// www.cs.toronto.edu/~kriz/cifar.html): records of one label byte (CIFAR-100:
// two, superclass and class), then 32 x 32 pixels in red, green and blue
// planes.
#ifndef DATA_SOURCES_CIFAR_H_
#define DATA_SOURCES_CIFAR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/source.h"

namespace snclr {

// Opens one split. Which of the two it is follows from the files' names: in
// root, or in the folder that the archive unpacks to below root. Class names
// come from the archive's text file; where it is missing, they are the numbers.
//
// NotFound for a missing folder or file; DataLoss, with the file's name, where
// a size is not that of whole records or a label is out of range. Pixels are
// read when asked for; opening reads the labels.
absl::StatusOr<std::unique_ptr<Source>> OpenCifar(const CifarSpec& spec,
                                                  Split split);

}  // namespace snclr

#endif  // DATA_SOURCES_CIFAR_H_
