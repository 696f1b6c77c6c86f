// SPDX-License-Identifier: MIT
// The two containers of torch.save; TorchFile::Open (torch_file.h) is their
// door. Messages do not name the file: Open does.
#ifndef TOOLS_INTERCHANGE_TORCH_CONTAINERS_H_
#define TOOLS_INTERCHANGE_TORCH_CONTAINERS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/interchange/torch_file.h"

namespace snclr {

// A zip archive with data.pkl, and data/<key> for each storage; TorchScript
// modules are such archives too.
absl::StatusOr<std::unique_ptr<TorchFile>> OpenZipContainer(
    const std::string& path);

// `bytes` is the whole file.
absl::StatusOr<std::unique_ptr<TorchFile>> OpenLegacyContainer(
    std::string bytes);

// Room for a storage's numbers. DataLoss where the file has fewer bytes for
// them than that takes.
absl::StatusOr<at::Tensor> EmptyStorage(const StorageRef& storage,
                                        uint64_t bytes_there);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_TORCH_CONTAINERS_H_
