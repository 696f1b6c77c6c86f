// SPDX-License-Identifier: MIT
// Tar archives for tests, made header by header.
#ifndef DATA_TESTING_TEST_TAR_H_
#define DATA_TESTING_TEST_TAR_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace snclr {

// A ustar header block with a right checksum. `prefix` goes to its own field.
std::string TarHeader(absl::string_view name, int64_t size, char type = '0',
                      absl::string_view prefix = "");

// A member: header, data, padding.
std::string TarFile(absl::string_view name, absl::string_view data,
                    char type = '0', absl::string_view prefix = "");

// Two zero blocks.
std::string TarEnd();

}  // namespace snclr

#endif  // DATA_TESTING_TEST_TAR_H_
