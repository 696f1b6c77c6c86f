// SPDX-License-Identifier: MIT
// A resolved spec as text, as a flat map, and as a hash.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/proto/field_paths.h"
#include "experiments/proto/field_rules.h"
#include "experiments/proto/field_text.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/fingerprint.h"

namespace snclr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kEmptyMessage[] = "{}";

void Flatten(const Message& message, const std::string& path,
             std::map<std::string, std::string>* leaves) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  // An empty message says something too: an arm of a oneof is chosen.
  if (fields.empty() && !path.empty()) (*leaves)[path] = kEmptyMessage;
  for (const FieldDescriptor* field : fields) {
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const std::string name = field->is_repeated()
                                   ? absl::StrCat(field->name(), "[", i, "]")
                                   : field->name();
      const std::string field_path = JoinPath(path, name);
      if (field->message_type() == nullptr) {
        (*leaves)[field_path] =
            FieldToText(message, *field, field->is_repeated() ? i : -1);
      } else if (field->is_repeated()) {
        Flatten(reflection->GetRepeatedMessage(message, field, i), field_path,
                leaves);
      } else {
        Flatten(reflection->GetMessage(message, field), field_path, leaves);
      }
    }
  }
}

}  // namespace

std::string SpecToText(const ExperimentSpec& spec) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(spec, &text);
  return absl::StrCat(
      "# proto-file: experiments/proto/experiment.proto\n"
      "# proto-message: ExperimentSpec\n",
      text);
}

std::string SpecHash(const ExperimentSpec& spec) {
  ExperimentSpec numbers = spec;
  ClearNeutralFields(&numbers);
  // Paths in the order of their names, so that neither field numbers nor the
  // order in a .proto file count.
  Fingerprint hash;
  for (const auto& [path, value] : FlattenSpec(numbers)) {
    hash.Add(path);
    hash.Add(value);
  }
  return hash.Hex();
}

std::map<std::string, std::string> FlattenSpec(const ExperimentSpec& spec) {
  std::map<std::string, std::string> leaves;
  Flatten(spec, "", &leaves);
  return leaves;
}

std::vector<std::string> DiffSpecs(const ExperimentSpec& a,
                                   const ExperimentSpec& b) {
  constexpr char kUnset[] = "(unset)";
  // By path: the values in a and b.
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto& [path, value] : FlattenSpec(a))
    values[path] = {value, kUnset};
  for (const auto& [path, value] : FlattenSpec(b)) {
    const auto [entry, is_new] = values.insert({path, {kUnset, value}});
    if (!is_new) entry->second.second = value;
  }
  std::vector<std::string> lines;
  for (const auto& [path, pair] : values) {
    if (pair.first == pair.second) continue;
    lines.push_back(absl::StrCat(path, ": ", pair.first, " -> ", pair.second));
  }
  return lines;
}

std::string MethodName(const ExperimentSpec& spec) {
  const auto* oneof = ExperimentSpec::descriptor()->FindOneofByName("method");
  const FieldDescriptor* arm =
      spec.GetReflection()->GetOneofFieldDescriptor(spec, oneof);
  return arm == nullptr ? "" : arm->name();
}

}  // namespace snclr
