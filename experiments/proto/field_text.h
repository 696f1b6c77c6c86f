// SPDX-License-Identifier: MIT
// Single values of a spec as a user writes them, in a file or after --set.
#ifndef EXPERIMENTS_PROTO_FIELD_TEXT_H_
#define EXPERIMENTS_PROTO_FIELD_TEXT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

// What a value of the field looks like: "a whole number", "true or false",
// "one of LOCAL, GLOBAL".
std::string WantedValue(const google::protobuf::FieldDescriptor& field);

// Sets a field that is no message from its text: "-3", "1.5e-4", "true",
// "GLOBAL"; a string's text is its value, without quotes. Appends to a repeated
// field. InvalidArgument: "wanted a whole number, got 'many'"; numbers that are
// too large or not finite are refused, an enum's value 0 (unspecified) too.
absl::Status SetFieldFromText(const google::protobuf::FieldDescriptor& field,
                              const std::string& text,
                              google::protobuf::Message* message);

// The inverse: the shortest text that gives the same value again. `index` is of
// a repeated field, else -1.
std::string FieldToText(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor& field,
                        int index = -1);

// The shortest of 15 to 17 digits that reads back as the same number.
std::string NumberToText(double number);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_FIELD_TEXT_H_
