// SPDX-License-Identifier: MIT
// The members of a tar archive, by reading its headers alone.
#ifndef DATA_SOURCES_TAR_H_
#define DATA_SOURCES_TAR_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "data/sources/read_only_file.h"

namespace snclr {

struct TarMember {
  std::string name;
  int64_t offset = 0;  // of its data in the archive
  int64_t size = 0;
};

// Calls `visit` for every regular file of an archive, in order; stops at its
// first error. Understands ustar (with name prefix), GNU long names and binary
// sizes, and pax headers (path, size). DataLoss, naming the archive and the
// byte, for a header whose checksum is wrong or a member that reaches past the
// end of the file. An archive that ends between members without its end mark is
// whole as far as one can know: it is warned of.
absl::Status ForEachTarMember(
    const ReadOnlyFile& archive,
    absl::FunctionRef<absl::Status(const TarMember&)> visit);

}  // namespace snclr

#endif  // DATA_SOURCES_TAR_H_
