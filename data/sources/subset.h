// SPDX-License-Identifier: MIT
// Some of a source's images.
#ifndef DATA_SOURCES_SUBSET_H_
#define DATA_SOURCES_SUBSET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/source.h"

namespace snclr {

// `count` images of `source`, evenly from its classes (EvenQuotas), in the
// source's order; always the same ones, whatever the run's seed.
// InvalidArgument, naming `field`, where the source has fewer.
absl::StatusOr<std::unique_ptr<Source>> TakeEvenly(
    std::unique_ptr<Source> source, int64_t count, const std::string& field);

// The images at `indices` of `source`, in that order.
std::unique_ptr<Source> TakeImages(std::unique_ptr<Source> source,
                                   std::vector<int64_t> indices);

}  // namespace snclr

#endif  // DATA_SOURCES_SUBSET_H_
