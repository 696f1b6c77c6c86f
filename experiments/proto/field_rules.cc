// SPDX-License-Identifier: MIT
#include "experiments/proto/field_rules.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "experiments/proto/field_paths.h"
#include "experiments/proto/field_text.h"
#include "experiments/proto/text_parser.h"
#include "snclr/core/base/field_rule.pb.h"

namespace snclr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(rule);
}

// Calls visit(message, path) for each message in this field: none, one, or all
// of a repeated one ("axes[0]").
template <typename Visit>
void ForEachSubmessage(Message* message, const FieldDescriptor& field,
                       const std::string& path, Visit visit) {
  const auto* reflection = message->GetReflection();
  if (field.message_type() == nullptr) return;
  if (!field.is_repeated()) {
    if (reflection->HasField(*message, &field)) {
      visit(reflection->MutableMessage(message, &field), path);
    }
    return;
  }
  for (int i = 0; i < reflection->FieldSize(*message, &field); ++i) {
    visit(reflection->MutableRepeatedMessage(message, &field, i),
          absl::StrCat(path, "[", i, "]"));
  }
}

// Lays the fields that `text` sets below those of message.field.
void LayBelow(const std::string& text, const FieldDescriptor& field,
              const std::string& path, Message* message, Problems* problems) {
  Message* const own =
      message->GetReflection()->MutableMessage(message, &field);
  std::unique_ptr<Message> filled(own->New());
  TextOrigin origin;
  origin.name = absl::StrCat("default of ", field.full_name());
  origin.root = own->GetDescriptor();
  Places unused(path);
  ParseText(text, origin, filled.get(), &unused, problems);
  filled->MergeFrom(*own);
  own->GetReflection()->Swap(own, filled.get());
}

void Fill(Message* message, const std::string& parent, Problems* problems) {
  const auto* descriptor = message->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    const std::string path = JoinPath(parent, field.name());
    if (RuleOf(field).has_default_value() && !field.is_repeated() &&
        field.real_containing_oneof() == nullptr) {
      const std::string& text = RuleOf(field).default_value();
      if (field.message_type() != nullptr) {
        LayBelow(text, field, path, message, problems);
      } else if (!message->GetReflection()->HasField(*message, &field)) {
        const absl::Status status = SetFieldFromText(field, text, message);
        if (!status.ok()) {
          problems->Add(absl::StrCat("default of ", field.full_name()), path,
                        std::string(status.message()));
        }
      }
    }
    ForEachSubmessage(message, field, path,
                      [&](Message* inner, const std::string& inner_path) {
                        Fill(inner, inner_path, problems);
                      });
  }
}

// A number or the number of an enum's value; nothing for the other types.
std::optional<double> Number(const Message& message,
                             const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(reflection->GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(reflection->GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection->GetFloat(message, &field);
    default:
      return std::nullopt;
  }
}

// "at least 0 and below 1"; empty without bounds.
std::string Bounds(const FieldRule& bounds) {
  std::string text;
  if (bounds.has_min()) {
    absl::StrAppend(&text, bounds.min_exclusive() ? "above " : "at least ",
                    NumberToText(bounds.min()));
  }
  if (bounds.has_max()) {
    absl::StrAppend(&text, text.empty() ? "" : " and ",
                    bounds.max_exclusive() ? "below " : "at most ",
                    NumberToText(bounds.max()));
  }
  return text;
}

bool IsWithin(double number, const FieldRule& bounds) {
  if (bounds.has_min() && (bounds.min_exclusive() ? number <= bounds.min()
                                                  : number < bounds.min())) {
    return false;
  }
  return !bounds.has_max() || (bounds.max_exclusive() ? number < bounds.max()
                                                      : number <= bounds.max());
}

// What is wrong with the value of a set, single field; empty if nothing is.
std::string Wrong(const Message& message, const FieldDescriptor& field) {
  const FieldRule& bounds = RuleOf(field);
  if (const auto number = Number(message, field)) {
    if (!std::isfinite(*number)) return "must be a finite number";
    if (!IsWithin(*number, bounds)) {
      return absl::StrCat("must be ", Bounds(bounds), ", is ",
                          FieldToText(message, field));
    }
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int value = message.GetReflection()->GetEnumValue(message, &field);
    if (value == 0 || field.enum_type()->FindValueByNumber(value) == nullptr) {
      return absl::StrCat("wanted ", WantedValue(field), ", is ", value);
    }
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
      bounds.required() && FieldToText(message, field).empty()) {
    return "must not be empty";
  }
  return "";
}

void Check(Message* message, const std::string& parent, const Places& places,
           Problems* problems) {
  const auto* descriptor = message->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    const std::string path = JoinPath(parent, field.name());
    const bool is_set =
        field.is_repeated()
            ? message->GetReflection()->FieldSize(*message, &field) > 0
            : message->GetReflection()->HasField(*message, &field);
    if (!is_set && RuleOf(field).required() && !places.Has(path)) {
      problems->Add(places.Find(path), path, "must be set");
    }
    if (is_set && !field.is_repeated()) {
      const std::string wrong = Wrong(*message, field);
      if (!wrong.empty()) problems->Add(places.Find(path), path, wrong);
    }
    ForEachSubmessage(message, field, path,
                      [&](Message* inner, const std::string& inner_path) {
                        Check(inner, inner_path, places, problems);
                      });
  }
}

}  // namespace

void FillDefaults(Message* message, Problems* problems) {
  Fill(message, "", problems);
}

void CheckRules(const Message& message, const Places& places,
                Problems* problems) {
  // One walk over submessages serves those that change them and this one.
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Check(copy.get(), "", places, problems);
}

void ClearNeutralFields(Message* message) {
  const auto* descriptor = message->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    if (RuleOf(field).neutral()) {
      message->GetReflection()->ClearField(message, &field);
      continue;
    }
    ForEachSubmessage(
        message, field, field.name(),
        [](Message* inner, const std::string&) { ClearNeutralFields(inner); });
  }
}

bool IsNeutralPath(const google::protobuf::Descriptor& root,
                   const std::string& path) {
  const google::protobuf::Descriptor* message = &root;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (message == nullptr) return false;
    const FieldDescriptor* field =
        message->FindFieldByName(std::string(part.substr(0, part.find('['))));
    if (field == nullptr) return false;
    if (RuleOf(*field).neutral()) return true;
    message = field->message_type();
  }
  return false;
}

}  // namespace snclr
