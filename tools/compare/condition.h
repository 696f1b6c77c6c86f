// SPDX-License-Identifier: MIT
// The conditions of --where: "method=snclr, optimizer.base_lr>=1e-4".
//
//   =  ==  !=      equal as numbers where both are numbers, else as texts;
//                  '*' and '?' stand for any text and any letter
//   <  <=  >  >=   numbers
//
// Commas and the word AND separate conditions, all of which must hold. A value
// with a comma stands in double quotes. A field that a run does not have is an
// empty text, and no number.
#ifndef TOOLS_COMPARE_CONDITION_H_
#define TOOLS_COMPARE_CONDITION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

enum class Operator {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct Condition {
  std::string field;
  Operator op = Operator::kEqual;
  std::string value;
  std::string text;  // as it was typed
};

// InvalidArgument names the condition that can't be read and what was wanted.
// `flag` stands in front of messages.
absl::StatusOr<std::vector<Condition>> ParseConditions(
    absl::string_view text, absl::string_view flag = "--where");

// Whether the condition holds for a run whose field has this value.
bool Holds(const Condition& condition, const std::string& value);

}  // namespace snclr

#endif  // TOOLS_COMPARE_CONDITION_H_
