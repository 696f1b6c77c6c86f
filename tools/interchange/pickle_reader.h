// SPDX-License-Identifier: MIT
// Reads Python's pickle format as far as checkpoints use it, as pure data: the
// machine below builds values of pickle_value.h and can do nothing else. Names
// that a pickle asks for go through pickle_globals.h.
//
// LibTorch's own unpickler is not used: it knows no argparse.Namespace and no
// OrderedDict with attributes, which published checkpoints have, it calls
// __setstate__ of TorchScript classes, and what is wrong comes as an assertion.
#ifndef TOOLS_INTERCHANGE_PICKLE_READER_H_
#define TOOLS_INTERCHANGE_PICKLE_READER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/interchange/pickle_value.h"

namespace snclr {

// Owns every value that it has read. Not copyable: values point at each other.
class PickleReader {
 public:
  // `bytes` must outlive the calls of Next(), not the values.
  explicit PickleReader(absl::string_view bytes) : bytes_(bytes) {}
  PickleReader(const PickleReader&) = delete;
  PickleReader& operator=(const PickleReader&) = delete;

  // The pickle that begins at position(), which then is behind it. Protocols 2
  // to 5 and no out-of-band buffers. InvalidArgument for a name or an operation
  // that is refused, DataLoss, with the byte, where the pickle is damaged.
  absl::StatusOr<const PickleValue*> Next();

  size_t position() const { return position_; }

  // Every storage that a pickle has named so far, by its key.
  const std::map<std::string, StorageRef>& storages() const {
    return storages_;
  }

 private:
  absl::Status Step(uint8_t opcode);
  absl::Status StepConstant(uint8_t opcode);
  absl::Status StepContainer(uint8_t opcode);
  absl::Status StepMemo(uint8_t opcode);
  absl::Status StepObject(uint8_t opcode);

  absl::StatusOr<absl::string_view> Take(uint64_t count);
  absl::StatusOr<uint64_t> TakeNumber(int width_bytes);
  absl::StatusOr<absl::string_view> TakeLine();

  void Push(PickleValue value);
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<PickleValue*> Top();
  absl::StatusOr<std::vector<const PickleValue*>> PopToMark();
  absl::Status Put(uint64_t key);
  absl::Status Get(uint64_t key);
  absl::Status PushGlobal(const std::string& name);
  absl::Status AddItems(const std::vector<const PickleValue*>& items);
  absl::Status AddPairs(const std::vector<const PickleValue*>& items);
  absl::Status Call();
  absl::Status Build();
  absl::Status PersistentStorage();

  absl::string_view bytes_;
  size_t position_ = 0;
  std::deque<PickleValue> values_;  // addresses stay
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::map<uint64_t, PickleValue*> memo_;
  std::map<std::string, StorageRef> storages_;
};

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_PICKLE_READER_H_
