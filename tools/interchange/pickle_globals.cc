// SPDX-License-Identifier: MIT
#include "tools/interchange/pickle_globals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

enum class Kind {
  kDict,       // name(), name(pairs) or name(dict)
  kSequence,   // name(items)
  kEncode,     // bytes, as protocol 2 writes them: name(text, encoding)
  kTensor,     // name(storage, offset, sizes, strides, ...)
  kParameter,  // name(tensor, ...)
  kData,       // an object that nothing here looks into
};

constexpr struct {
  const char* name;
  Kind kind;
} kGlobals[] = {
    {"collections.OrderedDict", Kind::kDict},
    {"collections.Counter", Kind::kDict},
    {"builtins.set", Kind::kSequence},
    {"__builtin__.set", Kind::kSequence},
    {"torch.Size", Kind::kSequence},
    {"_codecs.encode", Kind::kEncode},
    {"torch._utils._rebuild_tensor_v2", Kind::kTensor},
    {"torch._utils._rebuild_tensor", Kind::kTensor},
    {"torch._utils._rebuild_parameter", Kind::kParameter},
    {"torch._utils._rebuild_parameter_with_state", Kind::kParameter},
    {"argparse.Namespace", Kind::kData},
    {"torch.device", Kind::kData},
    {"numpy.dtype", Kind::kData},
    {"numpy.ndarray", Kind::kData},
    {"numpy.core.multiarray.scalar", Kind::kData},
    {"numpy.core.multiarray._reconstruct", Kind::kData},
    {"numpy._core.multiarray.scalar", Kind::kData},
    {"numpy._core.multiarray._reconstruct", Kind::kData},
};

constexpr struct {
  const char* name;
  at::ScalarType type;
} kStorages[] = {
    {"torch.FloatStorage", at::kFloat},
    {"torch.DoubleStorage", at::kDouble},
    {"torch.HalfStorage", at::kHalf},
    {"torch.BFloat16Storage", at::kBFloat16},
    {"torch.LongStorage", at::kLong},
    {"torch.IntStorage", at::kInt},
    {"torch.ShortStorage", at::kShort},
    {"torch.CharStorage", at::kChar},
    {"torch.ByteStorage", at::kByte},
    {"torch.BoolStorage", at::kBool},
};

// Number types, which stand as values in a checkpoint's settings.
constexpr const char* kNumberTypes[] = {
    "torch.float32", "torch.float64", "torch.float16", "torch.bfloat16",
    "torch.int64",   "torch.int32",   "torch.int16",   "torch.int8",
    "torch.uint8",   "torch.bool",
};

// Classes of a TorchScript module; its code stands elsewhere in the file and is
// not read.
constexpr char kScriptClasses[] = "__torch__.";

std::optional<Kind> KindOf(const std::string& name) {
  for (const auto& global : kGlobals) {
    if (name == global.name) return global.kind;
  }
  if (absl::StartsWith(name, kScriptClasses)) return Kind::kData;
  return std::nullopt;
}

absl::Status WrongArguments(const std::string& name) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' with arguments that it does not take"));
}

// Whole numbers, none negative; nothing where that is not so.
std::optional<std::vector<int64_t>> Counts(const PickleValue& value) {
  const auto* sequence = value.As<PickleSequence>();
  if (sequence == nullptr) return std::nullopt;
  std::vector<int64_t> counts;
  for (const PickleValue* item : sequence->items) {
    const auto* count = item->As<int64_t>();
    if (count == nullptr || *count < 0) return std::nullopt;
    counts.push_back(*count);
  }
  return counts;
}

// Elements of the storage up to the last one that the tensor sees, or how many
// it has where that is more (an expanded one); nothing where that is more than
// an int64 can say.
std::optional<int64_t> Reach(const TensorRef& tensor) {
  int64_t reach = tensor.offset;
  int64_t count = 1;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    int64_t step = 0;
    if (__builtin_mul_overflow(count, tensor.sizes[i], &count) ||
        __builtin_mul_overflow(std::max<int64_t>(tensor.sizes[i], 1) - 1,
                               tensor.strides[i], &step) ||
        __builtin_add_overflow(reach, step, &reach)) {
      return std::nullopt;
    }
  }
  if (count == 0) return 0;
  if (__builtin_add_overflow(reach, 1, &reach)) return std::nullopt;
  return std::max(reach, count);
}

absl::StatusOr<PickleValue> Tensor(const std::string& name,
                                   const PickleSequence& args) {
  if (args.items.size() < 4) return WrongArguments(name);
  const auto* storage = args.items[0]->As<StorageRef>();
  const auto* offset = args.items[1]->As<int64_t>();
  const auto sizes = Counts(*args.items[2]);
  const auto strides = Counts(*args.items[3]);
  if (storage == nullptr || offset == nullptr || *offset < 0 || !sizes ||
      !strides || sizes->size() != strides->size()) {
    return WrongArguments(name);
  }
  TensorRef tensor{*storage, *offset, *sizes, *strides};
  const auto reach = Reach(tensor);
  if (!reach || *reach > storage->count) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tensor reaches beyond its storage '", storage->key,
                     "' of ", storage->count, " numbers"));
  }
  return PickleValue{std::move(tensor)};
}

absl::StatusOr<PickleValue> Dict(const std::string& name,
                                 const PickleSequence& args) {
  if (args.items.empty()) return PickleValue{PickleDict{}};
  if (const auto* dict = args.items[0]->As<PickleDict>()) {
    return PickleValue{*dict};
  }
  const auto* pairs = args.items[0]->As<PickleSequence>();
  if (pairs == nullptr) return WrongArguments(name);
  PickleDict dict;
  for (const PickleValue* item : pairs->items) {
    const auto* pair = item->As<PickleSequence>();
    if (pair == nullptr || pair->items.size() != 2) return WrongArguments(name);
    dict.pairs.emplace_back(pair->items[0], pair->items[1]);
  }
  return PickleValue{std::move(dict)};
}

}  // namespace

absl::Status CheckGlobal(const std::string& name) {
  if (KindOf(name) || StorageType(name)) return absl::OkStatus();
  for (const char* type : kNumberTypes) {
    if (name == type) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("refused: it asks for '", name,
                   "', which is no tensor, number, text or container. Nothing "
                   "of it was run"));
}

std::optional<at::ScalarType> StorageType(const std::string& name) {
  for (const auto& storage : kStorages) {
    if (name == storage.name) return storage.type;
  }
  return std::nullopt;
}

absl::StatusOr<PickleValue> CallGlobal(const std::string& name,
                                       const PickleSequence& args) {
  const auto kind = KindOf(name);
  if (!kind) return WrongArguments(name);
  switch (*kind) {
    case Kind::kDict:
      return Dict(name, args);
    case Kind::kTensor:
      return Tensor(name, args);
    case Kind::kData:
      return PickleValue{PickleObject{name, nullptr}};
    case Kind::kSequence: {
      if (args.items.empty()) return PickleValue{PickleSequence{}};
      const auto* items = args.items[0]->As<PickleSequence>();
      if (items == nullptr) return WrongArguments(name);
      return PickleValue{*items};
    }
    case Kind::kEncode: {
      const auto* text =
          args.items.empty() ? nullptr : args.items[0]->As<std::string>();
      if (text == nullptr) return WrongArguments(name);
      return PickleValue{PickleBytes{*text}};
    }
    case Kind::kParameter: {
      const auto* tensor =
          args.items.empty() ? nullptr : args.items[0]->As<TensorRef>();
      if (tensor == nullptr) return WrongArguments(name);
      return PickleValue{*tensor};
    }
  }
  return WrongArguments(name);
}

}  // namespace snclr
