// SPDX-License-Identifier: MIT
// What a pickle of a PyTorch checkpoint can hold: plain data, and tensors as
// descriptions of where their bytes are.
#ifndef TOOLS_INTERCHANGE_PICKLE_VALUE_H_
#define TOOLS_INTERCHANGE_PICKLE_VALUE_H_

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace snclr {

struct PickleValue;

struct PickleNone {};

struct PickleBytes {
  std::string bytes;
};

// A tuple, a list or a set.
struct PickleSequence {
  std::vector<const PickleValue*> items;
};

// A dict of any kind, in the file's order.
struct PickleDict {
  std::vector<std::pair<const PickleValue*, const PickleValue*>> pairs;
};

// The name of a class or function, "collections.OrderedDict".
struct PickleGlobal {
  std::string name;
};

// An instance of a class that is only data to us, as an argparse.Namespace.
struct PickleObject {
  std::string type;
  const PickleValue* state = nullptr;  // usually a dict of its attributes
};

// Numbers in a file, which tensors are views of.
struct StorageRef {
  std::string key;
  at::ScalarType dtype;
  int64_t count;
};

// Strides and offset count elements, and stay within the storage.
struct TensorRef {
  StorageRef storage;
  int64_t offset;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

struct PickleValue {
  std::variant<PickleNone, bool, int64_t, double, std::string, PickleBytes,
               PickleSequence, PickleDict, PickleGlobal, PickleObject,
               StorageRef, TensorRef>
      value;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }

  // The dict itself, or an object's attributes; null for anything else.
  const PickleDict* Entries() const {
    if (const auto* object = As<PickleObject>()) {
      return object->state == nullptr ? nullptr
                                      : object->state->As<PickleDict>();
    }
    return As<PickleDict>();
  }

  // What a dict or an object has under this name; null where it has none. The
  // last one counts, as in Python.
  const PickleValue* Find(absl::string_view name) const {
    const PickleDict* dict = Entries();
    const PickleValue* found = nullptr;
    if (dict == nullptr) return nullptr;
    for (const auto& [key, item] : dict->pairs) {
      const auto* text = key->As<std::string>();
      if (text != nullptr && *text == name) found = item;
    }
    return found;
  }
};

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_PICKLE_VALUE_H_
