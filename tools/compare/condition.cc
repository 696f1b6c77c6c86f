// SPDX-License-Identifier: MIT
#include "tools/compare/condition.h"

#include <fnmatch.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

struct Symbol {
  absl::string_view text;
  Operator op;
};

// Longer ones first: "<=" begins with "<".
constexpr Symbol kSymbols[] = {
    {"!=", Operator::kNotEqual},    {">=", Operator::kGreaterOrEqual},
    {"<=", Operator::kLessOrEqual}, {"==", Operator::kEqual},
    {"=", Operator::kEqual},        {">", Operator::kGreater},
    {"<", Operator::kLess},
};

bool IsEquality(Operator op) {
  return op == Operator::kEqual || op == Operator::kNotEqual;
}

std::optional<double> Number(absl::string_view text) {
  double number;
  if (!absl::SimpleAtod(text, &number)) return std::nullopt;
  return number;
}

// At "AND" between two spaces?
bool IsAnd(absl::string_view rest) {
  return rest.size() > 5 && absl::ascii_isspace(rest[0]) &&
         absl::StartsWithIgnoreCase(rest.substr(1), "and") &&
         absl::ascii_isspace(rest[4]);
}

absl::StatusOr<std::vector<std::string>> Split(absl::string_view text,
                                               absl::string_view flag) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (!quoted && text[i] == ',') {
      parts.emplace_back();
    } else if (!quoted && IsAnd(text.substr(i))) {
      parts.emplace_back();
      i += 4;
    } else {
      parts.back() += text[i];
    }
  }
  if (quoted) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": a '\"' is not closed in '", text, "'"));
  }
  return parts;
}

absl::StatusOr<Condition> ParseCondition(absl::string_view text,
                                         absl::string_view flag) {
  Condition condition;
  condition.text = std::string(text);
  const size_t at = text.find_first_of("=!<>");
  const Symbol* found = nullptr;
  if (at != absl::string_view::npos) {
    for (const Symbol& symbol : kSymbols) {
      if (found == nullptr && absl::StartsWith(text.substr(at), symbol.text)) {
        found = &symbol;
      }
    }
  }
  if (found == nullptr || at == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": '", text,
        "' is no condition; wanted one like method=snclr or seed<=3"));
  }
  condition.op = found->op;
  condition.field = std::string(absl::StripAsciiWhitespace(text.substr(0, at)));
  absl::string_view value =
      absl::StripAsciiWhitespace(text.substr(at + found->text.size()));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  condition.value = std::string(value);
  if (!IsEquality(condition.op) && !Number(value).has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": '", text, "': '", value, "' is no number, which ",
                     found->text, " wants"));
  }
  return condition;
}

bool IsEqual(const std::string& wanted, const std::string& value) {
  const std::optional<double> wanted_number = Number(wanted);
  const std::optional<double> number = Number(value);
  if (wanted_number.has_value() && number.has_value()) {
    return *wanted_number == *number;
  }
  return value == wanted || fnmatch(wanted.c_str(), value.c_str(), 0) == 0;
}

}  // namespace

absl::StatusOr<std::vector<Condition>> ParseConditions(absl::string_view text,
                                                       absl::string_view flag) {
  ASSIGN_OR_RETURN(const std::vector<std::string> parts, Split(text, flag));
  std::vector<Condition> conditions;
  for (const std::string& part : parts) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(part);
    if (stripped.empty()) continue;
    ASSIGN_OR_RETURN(Condition condition, ParseCondition(stripped, flag));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

bool Holds(const Condition& condition, const std::string& value) {
  if (IsEquality(condition.op)) {
    return IsEqual(condition.value, value) ==
           (condition.op == Operator::kEqual);
  }
  const std::optional<double> bound = Number(condition.value);
  const std::optional<double> number = Number(value);
  if (!bound.has_value() || !number.has_value()) return false;
  switch (condition.op) {
    case Operator::kLess:
      return *number < *bound;
    case Operator::kLessOrEqual:
      return *number <= *bound;
    case Operator::kGreater:
      return *number > *bound;
    default:
      return *number >= *bound;
  }
}

}  // namespace snclr
