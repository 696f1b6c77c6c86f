// SPDX-License-Identifier: MIT
// The few names that a pickle may ask for, and what a call of each gives. In
// Python a pickle may name and call any function there is, which is how a
// checkpoint can run code. Here a name is looked up in a fixed list, and what
// is not in it is refused; nothing is ever called.
#ifndef TOOLS_INTERCHANGE_PICKLE_GLOBALS_H_
#define TOOLS_INTERCHANGE_PICKLE_GLOBALS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/interchange/pickle_value.h"

namespace snclr {

// InvalidArgument naming `name` ("os.system") unless it is a tensor's builder,
// a container, a number type, an argparse.Namespace or a TorchScript class.
absl::Status CheckGlobal(const std::string& name);

// The element type of "torch.FloatStorage" and its siblings.
std::optional<at::ScalarType> StorageType(const std::string& name);

// What name(*args) stands for. InvalidArgument where the name is no function of
// the list or the arguments are not what it takes; a tensor that reaches out of
// its storage is such an argument.
absl::StatusOr<PickleValue> CallGlobal(const std::string& name,
                                       const PickleSequence& args);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_PICKLE_GLOBALS_H_
