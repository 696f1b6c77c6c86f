// SPDX-License-Identifier: MIT
// Protobuf text format with messages for people. protobuf's own parser stops at
// the first wrong value and knows no paths; this one goes on, so that a user
// sees every problem at once, and remembers where each field was set. It reads
// the part of the format that specs use: no extensions, no Any, enums by name.
#ifndef EXPERIMENTS_PROTO_TEXT_PARSER_H_
#define EXPERIMENTS_PROTO_TEXT_PARSER_H_

#include <google/protobuf/message.h>

#include <string>

#include "experiments/proto/problems.h"

namespace snclr {

struct TextOrigin {
  std::string name;         // the file, or the flag
  bool has_lines = true;    // places are "name:line:column", else "name"
  std::string parent_path;  // of the message that the text fills, below `root`
  // The message that paths start from, for suggestions.
  const google::protobuf::Descriptor* root = nullptr;
};

// Sets what `text` sets in `message`, over what it holds; a message inside is
// filled likewise, and naming an arm of a oneof switches to it. Unknown fields,
// wrong values and fields set twice go to `problems` and are passed over; after
// broken punctuation the rest of the text is not read. The fields that are
// named, and those that were probably meant, get their place in `places`; so
// does each element of a list, as "axes[1]".
void ParseText(const std::string& text, const TextOrigin& origin,
               google::protobuf::Message* message, Places* places,
               Problems* problems);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_TEXT_PARSER_H_
