// SPDX-License-Identifier: MIT
#include "tools/interchange/foreign_file.h"

#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// Where published checkpoints keep the weights.
constexpr const char* kWeightEntries[] = {"state_dict", "model"};

// Modules within modules of a TorchScript file; none has this many.
constexpr int kMostDepth = 32;

// Tensors anywhere in `value`, each once: values may be shared and may contain
// themselves.
int64_t CountTensors(const PickleValue& value,
                     std::set<const PickleValue*>* seen) {
  std::vector<const PickleValue*> left = {&value};
  int64_t count = 0;
  while (!left.empty()) {
    const PickleValue& next = *left.back();
    left.pop_back();
    if (!seen->insert(&next).second) continue;
    if (next.As<TensorRef>() != nullptr) ++count;
    if (const auto* sequence = next.As<PickleSequence>()) {
      left.insert(left.end(), sequence->items.begin(), sequence->items.end());
    }
    if (const PickleDict* dict = next.Entries()) {
      for (const auto& pair : dict->pairs) left.push_back(pair.second);
    }
  }
  return count;
}

std::string TextOf(const PickleValue* value) {
  const auto* text = value == nullptr ? nullptr : value->As<std::string>();
  return text == nullptr ? "" : *text;
}

// "'epoch', 'student', 'teacher'", the first few.
std::string KeysOf(const PickleDict& dict) {
  constexpr size_t kMost = 6;
  std::vector<std::string> keys;
  for (const auto& pair : dict.pairs) {
    const auto* key = pair.first->As<std::string>();
    if (key != nullptr) keys.push_back(absl::StrCat("'", *key, "'"));
  }
  const size_t all = keys.size();
  if (all > kMost) keys.resize(kMost);
  return absl::StrCat(
      absl::StrJoin(keys, ", "),
      all > kMost ? absl::StrCat(" and ", all - kMost, " more") : "");
}

bool IsSafetensors(const std::string& path) {
  if (absl::EndsWith(path, ".safetensors")) return true;
  std::ifstream stream(path, std::ios::binary);
  char start[9] = {};
  stream.read(start, sizeof(start));  // 8 bytes of length, then JSON
  return stream.good() && start[8] == '{';
}

}  // namespace

absl::StatusOr<std::unique_ptr<ForeignFile>> ForeignFile::Open(
    const std::string& path) {
  auto file = std::make_unique<ForeignFile>();
  file->path_ = path;
  if (IsSafetensors(path)) {
    RETURN_IF_ERROR(file->ReadSafetensors(path));
  } else {
    RETURN_IF_ERROR(file->ReadTorch(path));
  }
  return file;
}

absl::Status ForeignFile::ReadSafetensors(const std::string& path) {
  ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(path));
  if (file.metadata.count("spec_hash") > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a checkpoint of this project already"));
  }
  format_ = "safetensors";
  encoder_spec_ = file.metadata[kEncoderKey];
  architecture_ = file.metadata["arch"];
  for (auto& [name, tensor] : file.tensors) {
    tensors_[name] = std::move(tensor);
  }
  if (tensors_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": has no tensors"));
  }
  return absl::OkStatus();
}

absl::Status ForeignFile::ReadTorch(const std::string& path) {
  ASSIGN_OR_RETURN(torch_, TorchFile::Open(path));
  format_ = torch_->format();
  RETURN_IF_ERROR(TakeWeights(torch_->root())) << path;
  return absl::OkStatus();
}

absl::Status ForeignFile::TakeWeights(const PickleValue& root) {
  if (root.As<PickleObject>() != nullptr) {
    encoder_spec_ = torch_->ExtraText(kEncoderExtra);
    return TakeScript(root, "", 0);
  }
  const PickleDict* dict = root.As<PickleDict>();
  if (dict == nullptr) {
    return absl::InvalidArgumentError("holds no dict of weights");
  }
  std::string weights_entry;
  for (const char* entry : kWeightEntries) {
    const PickleValue* weights = root.Find(entry);
    if (weights == nullptr || weights->As<PickleDict>() == nullptr) continue;
    weights_entry = entry;
    dict = weights->As<PickleDict>();
    break;
  }
  for (const auto& [key, value] : dict->pairs) {
    const auto* name = key->As<std::string>();
    const auto* tensor = value->As<TensorRef>();
    if (name != nullptr && tensor != nullptr) tensors_[*name] = *tensor;
  }
  if (tensors_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has no weights under 'state_dict' or 'model', nor at its top; it has ",
        KeysOf(*dict)));
  }
  TakeFacts(root, weights_entry);
  return absl::OkStatus();
}

absl::Status ForeignFile::TakeScript(const PickleValue& module,
                                     const std::string& prefix, int depth) {
  if (depth > kMostDepth) {
    return absl::InvalidArgumentError("modules within modules without an end");
  }
  const PickleDict* attributes = module.Entries();
  if (attributes == nullptr) return absl::OkStatus();
  for (const auto& [key, value] : attributes->pairs) {
    const auto* name = key->As<std::string>();
    if (name == nullptr) continue;
    if (const auto* tensor = value->As<TensorRef>()) {
      tensors_[prefix + *name] = *tensor;
    } else if (value->As<PickleObject>() != nullptr) {
      RETURN_IF_ERROR(
          TakeScript(*value, absl::StrCat(prefix, *name, "."), depth + 1));
    }
  }
  return absl::OkStatus();
}

void ForeignFile::TakeFacts(const PickleValue& root,
                            const std::string& weights_entry) {
  if (weights_entry.empty()) return;  // the whole file is weights
  encoder_spec_ = TextOf(root.Find(kEncoderKey));
  architecture_ = TextOf(root.Find("arch"));
  const PickleValue* settings = root.Find("args");
  if (settings != nullptr && architecture_.empty()) {
    architecture_ = TextOf(settings->Find("model"));
  }
  const PickleValue* epoch = root.Find("epoch");
  if (epoch != nullptr && epoch->As<int64_t>() != nullptr) {
    epoch_ = *epoch->As<int64_t>();
  }
  std::set<const PickleValue*> seen;
  for (const auto& [key, value] : root.As<PickleDict>()->pairs) {
    const auto* name = key->As<std::string>();
    if (name == nullptr || *name == weights_entry || *name == "epoch" ||
        *name == "arch" || *name == kEncoderKey) {
      continue;
    }
    const int64_t tensors = CountTensors(*value, &seen);
    other_entries_.push_back(
        tensors == 0 ? *name : absl::StrCat(*name, " (", tensors, " tensors)"));
  }
}

std::vector<std::string> ForeignFile::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : tensors_) names.push_back(entry.first);
  return names;
}

absl::StatusOr<at::Tensor> ForeignFile::Read(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    return absl::NotFoundError(
        absl::StrCat(path_, ": has no tensor '", name, "'"));
  }
  if (const auto* tensor = std::get_if<at::Tensor>(&found->second)) {
    return *tensor;
  }
  at::Tensor tensor;
  const absl::Status status = CatchTorch([&] {
    ASSIGN_OR_RETURN(tensor, torch_->Read(std::get<TensorRef>(found->second)));
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status) << path_ << ": tensor '" << name << "'";
  return tensor;
}

}  // namespace snclr
