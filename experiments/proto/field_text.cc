// SPDX-License-Identifier: MIT
#include "experiments/proto/field_text.h"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/did_you_mean.h"

namespace snclr {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::vector<std::string> EnumNames(const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field.enum_type()->value(i);
    if (value->number() != 0) names.push_back(value->name());
  }
  return names;
}

bool IsUnsigned(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
}

// Digits, as C and text format read them ("017" is octal, "0x1F" hexadecimal).
std::optional<uint64_t> ParseDigits(const std::string& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (*end != '\0' || errno != 0) return std::nullopt;
  return value;
}

template <typename Integer>
std::optional<Integer> ParseInteger(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  const auto digits = ParseDigits(text.substr(negative ? 1 : 0));
  const auto largest =
      static_cast<uint64_t>(std::numeric_limits<Integer>::max());
  if (!digits) return std::nullopt;
  if (!negative) {
    if (*digits > largest) return std::nullopt;
    return static_cast<Integer>(*digits);
  }
  const uint64_t smallest =
      std::numeric_limits<Integer>::is_signed ? largest + 1 : 0;
  if (*digits > smallest) return std::nullopt;
  return static_cast<Integer>(-*digits);
}

std::optional<double> ParseNumber(const std::string& text) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ParseBool(const std::string& text) {
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0") return false;
  return std::nullopt;
}

const EnumValueDescriptor* ParseEnum(const FieldDescriptor& field,
                                     const std::string& text) {
  const auto* value = field.enum_type()->FindValueByName(text);
  return value == nullptr || value->number() == 0 ? nullptr : value;
}

// Whether `text` could be parsed and was stored.
#define STORE(parsed, Type)                           \
  do {                                                \
    const auto value = parsed;                        \
    if (!value) return false;                         \
    if (field.is_repeated()) {                        \
      reflection->Add##Type(message, &field, *value); \
    } else {                                          \
      reflection->Set##Type(message, &field, *value); \
    }                                                 \
    return true;                                      \
  } while (false)

bool Store(const FieldDescriptor& field, const std::string& text,
           Message* message) {
  const auto* reflection = message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      STORE(ParseInteger<int32_t>(text), Int32);
    case FieldDescriptor::CPPTYPE_INT64:
      STORE(ParseInteger<int64_t>(text), Int64);
    case FieldDescriptor::CPPTYPE_UINT32:
      STORE(ParseInteger<uint32_t>(text), UInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      STORE(ParseInteger<uint64_t>(text), UInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      STORE(ParseNumber(text), Double);
    case FieldDescriptor::CPPTYPE_FLOAT:
      STORE(ParseNumber(text), Float);
    case FieldDescriptor::CPPTYPE_BOOL:
      STORE(ParseBool(text), Bool);
    case FieldDescriptor::CPPTYPE_STRING:
      STORE(std::optional<std::string>(text), String);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* value = ParseEnum(field, text);
      if (value == nullptr) return false;
      if (field.is_repeated()) {
        reflection->AddEnum(message, &field, value);
      } else {
        reflection->SetEnum(message, &field, value);
      }
      return true;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return false;
  }
  return false;
}
#undef STORE

}  // namespace

std::string WantedValue(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "a whole number of 32 bits";
    case FieldDescriptor::CPPTYPE_INT64:
      return "a whole number";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "a whole number of 32 bits, not negative";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "a whole number, not negative";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("one of ", absl::StrJoin(EnumNames(field), ", "));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "fields in braces, { field: value }";
  }
  return "";
}

absl::Status SetFieldFromText(const FieldDescriptor& field,
                              const std::string& text, Message* message) {
  if (Store(field, text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("wanted ", WantedValue(field), ", got '", text, "'",
                   field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
                       ? DidYouMean(text, EnumNames(field))
                       : ""));
}

std::string NumberToText(double number) {
  char text[32];
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) break;
  }
  return text;
}

std::string FieldToText(const Message& message, const FieldDescriptor& field,
                        int index) {
  const auto* reflection = message.GetReflection();
  const bool one = index < 0;
#define GET(Type)                               \
  (one ? reflection->Get##Type(message, &field) \
       : reflection->GetRepeated##Type(message, &field, index))
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(GET(Int32));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(GET(Int64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(GET(UInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(GET(UInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberToText(GET(Double));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return NumberToText(GET(Float));
    case FieldDescriptor::CPPTYPE_BOOL:
      return GET(Bool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_STRING:
      return GET(String);
    case FieldDescriptor::CPPTYPE_ENUM:
      return GET(Enum)->name();
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return GET(Message).ShortDebugString();
  }
#undef GET
  return "";
}

}  // namespace snclr
