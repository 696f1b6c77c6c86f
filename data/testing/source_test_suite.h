// SPDX-License-Identifier: MIT
// What every source promises (data/source.h), as a test of each calls it.
#ifndef DATA_TESTING_SOURCE_TEST_SUITE_H_
#define DATA_TESTING_SOURCE_TEST_SUITE_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "data/source.h"

namespace snclr {

using OpenForTest = std::function<absl::StatusOr<std::unique_ptr<Source>>()>;

// Opens the source twice and checks that names are unique and not empty, labels
// are in range, images decode, reading is repeatable from several threads at
// once, and both openings agree in everything, the fingerprint included.
void ExpectSourceBehaves(const OpenForTest& open);

// Two data sets that differ in their list of images must not look alike.
void ExpectFingerprintsDiffer(const Source& a, const Source& b);

// A source that opens; fails the test and returns null where it does not.
std::unique_ptr<Source> OpenOrFail(
    absl::StatusOr<std::unique_ptr<Source>> opened);

}  // namespace snclr

#endif  // DATA_TESTING_SOURCE_TEST_SUITE_H_
