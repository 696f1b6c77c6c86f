// SPDX-License-Identifier: MIT
// "--set=optimizer.base_lr=3e-4": one field of a spec, by its path.
#ifndef EXPERIMENTS_PROTO_ASSIGNMENT_H_
#define EXPERIMENTS_PROTO_ASSIGNMENT_H_

#include <google/protobuf/message.h>

#include <string>

#include "experiments/proto/problems.h"

namespace snclr {

// Applies "path=value" to `spec`, as a file on top that sets this one field
// would:
//
//   snclr.neighbors=5            a number, true or false, an enum's name
//   name=two words               a text, as it is; quotes around it are taken
//   off snclr.bank={rows: 10}        the fields of a message, in text format
//   data.image_folder.root=x     naming a field in an arm of a oneof chooses it
//
// What is wrong goes to `problems`, with the flag as its place.
void ApplyAssignment(const std::string& assignment,
                     google::protobuf::Message* spec, Places* places,
                     Problems* problems);

// The same for one that stands elsewhere: a line of a sweep's file.
void ApplyAssignment(const std::string& assignment, const std::string& place,
                     google::protobuf::Message* spec, Places* places,
                     Problems* problems);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_ASSIGNMENT_H_
