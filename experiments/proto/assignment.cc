// SPDX-License-Identifier: MIT
#include "experiments/proto/assignment.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/proto/field_paths.h"
#include "experiments/proto/field_text.h"
#include "experiments/proto/text_parser.h"

namespace snclr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The fields along `path`; empty where one of them is none.
std::vector<const FieldDescriptor*> Resolve(const Descriptor& root,
                                            const std::string& path) {
  std::vector<const FieldDescriptor*> fields;
  const Descriptor* message = &root;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (const std::string& name : names) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(name);
    if (field == nullptr) return {};
    fields.push_back(field);
    message = field->is_repeated() ? nullptr : field->message_type();
  }
  return fields;
}

bool IsEnclosed(const std::string& text, char begin, char end) {
  return text.size() >= 2 && text.front() == begin && text.back() == end;
}

}  // namespace

void ApplyAssignment(const std::string& assignment, Message* spec,
                     Places* places, Problems* problems) {
  ApplyAssignment(assignment, absl::StrCat("--set=", assignment), spec, places,
                  problems);
}

void ApplyAssignment(const std::string& assignment, const std::string& place,
                     Message* spec, Places* places, Problems* problems) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    return problems->Add(place, "", "wanted PATH=VALUE");
  }
  const std::string path(
      absl::StripAsciiWhitespace(assignment.substr(0, equals)));
  std::string value(absl::StripAsciiWhitespace(assignment.substr(equals + 1)));
  const Descriptor& root = *spec->GetDescriptor();
  const auto fields = Resolve(root, path);
  if (fields.empty()) {
    return problems->Add(
        place, path, absl::StrCat("no such field", WhyNoSuchField(root, path)));
  }
  if (path == "base") {
    return problems->Add(place, path, "can only be set in a spec file");
  }
  const FieldDescriptor& field = *fields.back();
  if (field.is_repeated()) {
    return problems->Add(place, path, "a list can only be set in a spec file");
  }
  const bool is_message = field.message_type() != nullptr;
  if (is_message && !IsEnclosed(value, '{', '}')) {
    return problems->Add(
        place, path,
        absl::StrCat("wanted ", WantedValue(field), ", got '", value, "'"));
  }
  Message* message = spec;
  for (const FieldDescriptor* step : fields) {
    if (step->message_type() == nullptr) break;
    message = message->GetReflection()->MutableMessage(message, step);
  }
  places->Set(path, place);
  if (is_message) {
    const TextOrigin origin = {place, /*has_lines=*/false, path, &root};
    return ParseText(value.substr(1, value.size() - 2), origin, message, places,
                     problems);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
      (IsEnclosed(value, '"', '"') || IsEnclosed(value, '\'', '\''))) {
    value = value.substr(1, value.size() - 2);
  }
  const absl::Status status = SetFieldFromText(field, value, message);
  if (!status.ok()) problems->Add(place, path, std::string(status.message()));
}

}  // namespace snclr
