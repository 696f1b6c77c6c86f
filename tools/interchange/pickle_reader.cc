// SPDX-License-Identifier: MIT
#include "tools/interchange/pickle_reader.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "snclr/core/base/status_macros.h"
#include "tools/interchange/pickle_globals.h"
#include "tools/interchange/pickle_opcodes.h"

namespace snclr {
namespace {

using namespace pickle;  // NOLINT: an enum of bytes

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(what);
}

}  // namespace

absl::StatusOr<const PickleValue*> PickleReader::Next() {
  stack_.clear();
  marks_.clear();
  memo_.clear();
  while (true) {
    const size_t at = position_;
    ASSIGN_OR_RETURN(const uint64_t opcode, TakeNumber(1));
    if (opcode == kStop) break;
    RETURN_IF_ERROR(Step(static_cast<uint8_t>(opcode)))
        << "byte " << at << " of its pickle";
  }
  if (stack_.size() != 1 || !marks_.empty()) {
    return Damaged("its pickle ends in the middle of a value");
  }
  return stack_.back();
}

absl::Status PickleReader::Step(uint8_t opcode) {
  switch (opcode) {
    case kProtocol:
      return Take(1).status();
    case kFrame:
      return Take(8).status();
    case kMark:
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case kPop:
      return Pop().status();
    case kPopMark:
      return PopToMark().status();
    case kDup: {
      ASSIGN_OR_RETURN(PickleValue * top, Top());
      stack_.push_back(top);
      return absl::OkStatus();
    }
    case kBinGet:
    case kLongBinGet:
    case kBinPut:
    case kLongBinPut:
    case kMemoize:
      return StepMemo(opcode);
    case kGlobal:
    case kStackGlobal:
    case kReduce:
    case kNewObject:
    case kBuild:
    case kBinPersistentId:
      return StepObject(opcode);
    case kEmptyTuple:
    case kTuple:
    case kTuple1:
    case kTuple2:
    case kTuple3:
    case kEmptyList:
    case kList:
    case kAppend:
    case kAppends:
    case kEmptyDict:
    case kDict:
    case kSetItem:
    case kSetItems:
    case kEmptySet:
    case kAddItems:
    case kFrozenSet:
      return StepContainer(opcode);
    default:
      return StepConstant(opcode);
  }
}

absl::Status PickleReader::StepConstant(uint8_t opcode) {
  int length_bytes = 0;  // of what follows and begins with its length
  switch (opcode) {
    case kNone:
      Push({PickleNone{}});
      return absl::OkStatus();
    case kNewTrue:
    case kNewFalse:
      Push({opcode == kNewTrue});
      return absl::OkStatus();
    case kBinInt1:
    case kBinInt2: {
      ASSIGN_OR_RETURN(const uint64_t n,
                       TakeNumber(opcode == kBinInt1 ? 1 : 2));
      Push({static_cast<int64_t>(n)});
      return absl::OkStatus();
    }
    case kBinInt: {
      ASSIGN_OR_RETURN(const uint64_t n, TakeNumber(4));
      Push({static_cast<int64_t>(static_cast<int32_t>(n))});
      return absl::OkStatus();
    }
    case kBinFloat: {
      ASSIGN_OR_RETURN(const absl::string_view bytes, Take(8));
      uint64_t bits = 0;  // the one number that is big-endian
      for (const char byte : bytes)
        bits = bits << 8 | static_cast<uint8_t>(byte);
      double number = 0;
      std::memcpy(&number, &bits, sizeof(number));
      Push({number});
      return absl::OkStatus();
    }
    case kLong1:
    case kShortBinString:
    case kShortBinUnicode:
    case kShortBinBytes:
      length_bytes = 1;
      break;
    case kBinString:
    case kBinUnicode:
    case kBinBytes:
      length_bytes = 4;
      break;
    case kBinUnicode8:
    case kBinBytes8:
      length_bytes = 8;
      break;
    default:
      return absl::InvalidArgumentError(absl::StrFormat(
          "operation 0x%02x, which no checkpoint needs: refused, nothing of it "
          "was run",
          opcode));
  }
  ASSIGN_OR_RETURN(const uint64_t length, TakeNumber(length_bytes));
  ASSIGN_OR_RETURN(const absl::string_view bytes, Take(length));
  if (opcode == kLong1 && length <= 8) {  // two's complement, little-endian
    uint64_t n = length > 0 && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
    for (size_t i = length; i-- > 0;) {
      n = n << 8 | static_cast<uint8_t>(bytes[i]);
    }
    Push({static_cast<int64_t>(n)});
  } else if (opcode == kLong1 || opcode == kShortBinBytes ||
             opcode == kBinBytes || opcode == kBinBytes8) {
    Push({PickleBytes{std::string(bytes)}});
  } else {
    Push({std::string(bytes)});
  }
  return absl::OkStatus();
}

absl::Status PickleReader::StepContainer(uint8_t opcode) {
  switch (opcode) {
    case kEmptyTuple:
    case kEmptyList:
    case kEmptySet:
      Push({PickleSequence{}});
      return absl::OkStatus();
    case kEmptyDict:
      Push({PickleDict{}});
      return absl::OkStatus();
    case kTuple1:
    case kTuple2:
    case kTuple3: {
      PickleSequence tuple;
      tuple.items.resize(opcode - kTuple1 + 1);
      for (size_t i = tuple.items.size(); i-- > 0;) {
        ASSIGN_OR_RETURN(tuple.items[i], Pop());
      }
      Push({std::move(tuple)});
      return absl::OkStatus();
    }
    case kTuple:
    case kList:
    case kFrozenSet: {
      ASSIGN_OR_RETURN(auto items, PopToMark());
      Push({PickleSequence{std::move(items)}});
      return absl::OkStatus();
    }
    case kAppend: {
      ASSIGN_OR_RETURN(const PickleValue* item, Pop());
      return AddItems({item});
    }
    case kAppends:
    case kAddItems: {
      ASSIGN_OR_RETURN(const auto items, PopToMark());
      return AddItems(items);
    }
    case kDict: {
      ASSIGN_OR_RETURN(const auto items, PopToMark());
      Push({PickleDict{}});
      return AddPairs(items);
    }
    case kSetItem: {
      ASSIGN_OR_RETURN(const PickleValue* item, Pop());
      ASSIGN_OR_RETURN(const PickleValue* key, Pop());
      return AddPairs({key, item});
    }
    default: {  // kSetItems
      ASSIGN_OR_RETURN(const auto items, PopToMark());
      return AddPairs(items);
    }
  }
}

absl::Status PickleReader::StepMemo(uint8_t opcode) {
  if (opcode == kMemoize) return Put(memo_.size());
  const bool is_short = opcode == kBinGet || opcode == kBinPut;
  ASSIGN_OR_RETURN(const uint64_t key, TakeNumber(is_short ? 1 : 4));
  return opcode == kBinGet || opcode == kLongBinGet ? Get(key) : Put(key);
}

absl::Status PickleReader::StepObject(uint8_t opcode) {
  switch (opcode) {
    case kGlobal: {
      ASSIGN_OR_RETURN(const absl::string_view module, TakeLine());
      ASSIGN_OR_RETURN(const absl::string_view name, TakeLine());
      return PushGlobal(absl::StrCat(module, ".", name));
    }
    case kStackGlobal: {
      ASSIGN_OR_RETURN(const PickleValue* name, Pop());
      ASSIGN_OR_RETURN(const PickleValue* module, Pop());
      if (name->As<std::string>() == nullptr ||
          module->As<std::string>() == nullptr) {
        return Damaged("a class whose name is no text");
      }
      return PushGlobal(absl::StrCat(*module->As<std::string>(), ".",
                                     *name->As<std::string>()));
    }
    case kBuild:
      return Build();
    case kBinPersistentId:
      return PersistentStorage();
    default:  // kReduce, kNewObject: a function or a class, and its arguments
      return Call();
  }
}

absl::StatusOr<absl::string_view> PickleReader::Take(uint64_t count) {
  if (count > bytes_.size() - position_) {
    return Damaged(absl::StrCat("cut short: ", count, " bytes wanted at byte ",
                                position_, " of its pickle, ",
                                bytes_.size() - position_, " there"));
  }
  const absl::string_view taken = bytes_.substr(position_, count);
  position_ += count;
  return taken;
}

absl::StatusOr<uint64_t> PickleReader::TakeNumber(int width_bytes) {
  ASSIGN_OR_RETURN(const absl::string_view bytes, Take(width_bytes));
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    number = number << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return number;
}

absl::StatusOr<absl::string_view> PickleReader::TakeLine() {
  const size_t end = bytes_.find('\n', position_);
  if (end == absl::string_view::npos) return Damaged("a name without an end");
  const absl::string_view line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

void PickleReader::Push(PickleValue value) {
  values_.push_back(std::move(value));
  stack_.push_back(&values_.back());
}

absl::StatusOr<PickleValue*> PickleReader::Top() {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return Damaged("a value is missing");
  return stack_.back();
}

absl::StatusOr<PickleValue*> PickleReader::Pop() {
  ASSIGN_OR_RETURN(PickleValue * top, Top());
  stack_.pop_back();
  return top;
}

absl::StatusOr<std::vector<const PickleValue*>> PickleReader::PopToMark() {
  if (marks_.empty()) return Damaged("the begin of a container is missing");
  std::vector<const PickleValue*> items(stack_.begin() + marks_.back(),
                                        stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

absl::Status PickleReader::Put(uint64_t key) {
  ASSIGN_OR_RETURN(memo_[key], Top());
  return absl::OkStatus();
}

absl::Status PickleReader::Get(uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) return Damaged("a reference to nothing");
  stack_.push_back(found->second);
  return absl::OkStatus();
}

absl::Status PickleReader::PushGlobal(const std::string& name) {
  RETURN_IF_ERROR(CheckGlobal(name));
  Push({PickleGlobal{name}});
  return absl::OkStatus();
}

absl::Status PickleReader::AddItems(
    const std::vector<const PickleValue*>& items) {
  ASSIGN_OR_RETURN(PickleValue * top, Top());
  auto* sequence = std::get_if<PickleSequence>(&top->value);
  if (sequence == nullptr) return Damaged("items for what is no list");
  sequence->items.insert(sequence->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleReader::AddPairs(
    const std::vector<const PickleValue*>& items) {
  ASSIGN_OR_RETURN(PickleValue * top, Top());
  auto* dict = std::get_if<PickleDict>(&top->value);
  if (dict == nullptr) return Damaged("entries for what is no dict");
  if (items.size() % 2 != 0) return Damaged("a dict's key without a value");
  for (size_t i = 0; i < items.size(); i += 2) {
    dict->pairs.emplace_back(items[i], items[i + 1]);
  }
  return absl::OkStatus();
}

absl::Status PickleReader::Call() {
  ASSIGN_OR_RETURN(const PickleValue* args, Pop());
  ASSIGN_OR_RETURN(const PickleValue* function, Pop());
  const auto* global = function->As<PickleGlobal>();
  const auto* sequence = args->As<PickleSequence>();
  if (global == nullptr || sequence == nullptr) {
    return Damaged("a call of what is no function");
  }
  ASSIGN_OR_RETURN(PickleValue result, CallGlobal(global->name, *sequence));
  Push(std::move(result));
  return absl::OkStatus();
}

// Attributes. Those of a dict (a state dict's versions of modules) and of a
// parameter are no weights and not kept.
absl::Status PickleReader::Build() {
  ASSIGN_OR_RETURN(const PickleValue* state, Pop());
  ASSIGN_OR_RETURN(PickleValue * top, Top());
  if (auto* object = std::get_if<PickleObject>(&top->value)) {
    object->state = state;
  } else if (top->As<PickleDict>() == nullptr &&
             top->As<TensorRef>() == nullptr) {
    return Damaged("attributes for what has none");
  }
  return absl::OkStatus();
}

// ("storage", type, key, device, count) and, in the old format, a view, which
// is None in every file of the last ten years.
absl::Status PickleReader::PersistentStorage() {
  ASSIGN_OR_RETURN(const PickleValue* id, Pop());
  const auto* fields = id->As<PickleSequence>();
  if (fields == nullptr || fields->items.size() < 5) {
    return Damaged("a reference that is no storage");
  }
  const auto& items = fields->items;
  const auto* word = items[0]->As<std::string>();
  const auto* type = items[1]->As<PickleGlobal>();
  const auto* key = items[2]->As<std::string>();
  const auto* count = items[4]->As<int64_t>();
  const auto dtype = type == nullptr ? std::nullopt : StorageType(type->name);
  if (word == nullptr || *word != "storage" || !dtype || key == nullptr ||
      count == nullptr || *count < 0) {
    return Damaged("a reference that is no storage");
  }
  if (items.size() > 5 && items[5]->As<PickleNone>() == nullptr) {
    return absl::InvalidArgumentError(
        "a view of a storage, as PyTorch wrote before 0.4: save it anew with a "
        "newer PyTorch");
  }
  const StorageRef storage{*key, *dtype, *count};
  storages_.emplace(*key, storage);
  Push({storage});
  return absl::OkStatus();
}

}  // namespace snclr
