// SPDX-License-Identifier: MIT
// The rules that fields carry in their .proto files
// (snclr/core/base/field_rule.proto), applied to any message.
#ifndef EXPERIMENTS_PROTO_FIELD_RULES_H_
#define EXPERIMENTS_PROTO_FIELD_RULES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "experiments/proto/problems.h"

namespace snclr {

// Gives every field that is unset and has a default its default, all the way
// down. A message's default fields go below those that are set in it. In a
// oneof only the chosen arm is filled; none is chosen. A default that is wrong,
// which is a mistake in the .proto file, goes to `problems`.
void FillDefaults(google::protobuf::Message* message, Problems* problems);

// Checks what is required, ranges, and that numbers are finite and enums one of
// their names. A required field that has a place was set wrongly, which is
// reported already.
void CheckRules(const google::protobuf::Message& message, const Places& places,
                Problems* problems);

// Clears the fields that change no number of a run (FieldRule.neutral).
void ClearNeutralFields(google::protobuf::Message* message);

// Whether a path ("tracking.every_steps", "views[1].scale") names a field of
// `root` that is neutral or lies below one. False for what is no field of it:
// a field that an older or newer program knows may count.
bool IsNeutralPath(const google::protobuf::Descriptor& root,
                   const std::string& path);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_FIELD_RULES_H_
