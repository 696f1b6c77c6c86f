// SPDX-License-Identifier: MIT
// The paths of a message's fields: "snclr.bank.rows".
#ifndef EXPERIMENTS_PROTO_FIELD_PATHS_H_
#define EXPERIMENTS_PROTO_FIELD_PATHS_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace snclr {

// "" and "a" give "a"; "a" and "b" give "a.b".
std::string JoinPath(const std::string& path, const std::string& field);

// The fields of one message, and the arms of one oneof, in declared order.
std::vector<std::string> FieldNames(
    const google::protobuf::Descriptor& message);
std::vector<std::string> ArmNames(
    const google::protobuf::OneofDescriptor& oneof);

// The end of a message about `path`, which is no field of `root`: the path that
// was probably meant ("; did you mean 'snclr.neighbors'?"), or the choices
// there are where it names a oneof, or "". The nearest name in the same message
// counts first, then a field of that name anywhere. `suggestion`, if given,
// gets the path that is proposed, or "".
std::string WhyNoSuchField(const google::protobuf::Descriptor& root,
                           const std::string& path,
                           std::string* suggestion = nullptr);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_FIELD_PATHS_H_
