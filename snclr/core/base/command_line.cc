// SPDX-License-Identifier: MIT
#include "snclr/core/base/command_line.h"

#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/did_you_mean.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

DEFINE_bool(verbose, false, "logs what is being done, beside warnings");

namespace snclr {
namespace {

constexpr size_t kHelpColumns = 80;

// What --help and the parser need to know of a flag.
struct Flag {
  std::string name;
  std::string type;  // gflags' word, or "repeatable"
  std::string help;
  std::string default_value;

  bool IsBool() const { return type == "bool"; }
};

// Bazel compiles from the workspace's root, so our files are "room/file.cc";
// the libraries' are absolute or in a "src" of their own.
bool IsOurs(absl::string_view file) {
  return !absl::StartsWith(file, "/") && !absl::StartsWith(file, ".") &&
         !absl::StartsWith(file, "src/");
}

// In the order of their files and names; the repeatable ones first, those that
// every program has last.
std::vector<Flag> KnownFlags(const std::vector<RepeatableFlag>& repeatable) {
  std::vector<Flag> flags, everywhere;
  for (const RepeatableFlag& flag : repeatable) {
    flags.push_back({flag.name, "repeatable", flag.help, ""});
  }
  std::vector<gflags::CommandLineFlagInfo> registered;
  gflags::GetAllFlags(&registered);
  for (const auto& flag : registered) {
    if (!IsOurs(flag.filename)) continue;
    (flag.filename == __FILE__ ? everywhere : flags)
        .push_back(
            {flag.name, flag.type, flag.description, flag.default_value});
  }
  flags.insert(flags.end(), everywhere.begin(), everywhere.end());
  return flags;
}

std::string KindOf(const Flag& flag) {
  if (flag.type == "double") return "a number";
  if (flag.type == "bool") return "true or false";
  if (absl::StartsWith(flag.type, "u")) return "a whole number, not negative";
  if (absl::StartsWith(flag.type, "int")) return "a whole number";
  return "a text";
}

// "      word word\n" ..., broken before kHelpColumns.
std::string Paragraph(absl::string_view text) {
  std::string out, line = "     ";
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (line.size() + 1 + word.size() > kHelpColumns) {
      absl::StrAppend(&out, line, "\n");
      line = "     ";
    }
    absl::StrAppend(&line, " ", word);
  }
  return absl::StrCat(out, line, "\n");
}

std::string HelpText(const std::string& about, const std::vector<Flag>& flags) {
  std::string text = absl::StrCat(about, "\n\nFlags:\n");
  for (const Flag& flag : flags) {
    const bool is_text = flag.type == "repeatable" || flag.type == "string";
    absl::StrAppend(&text, flag.IsBool() ? "  --[no]" : "  --", flag.name);
    if (!flag.IsBool()) absl::StrAppend(&text, is_text ? "=TEXT" : "=NUMBER");
    if (!flag.default_value.empty()) {
      absl::StrAppend(&text, "  (default: ", flag.default_value, ")");
    }
    absl::StrAppend(&text, "\n", Paragraph(flag.help));
  }
  return text;
}

class Parser {
 public:
  Parser(std::vector<Flag> flags, std::vector<std::string> arguments)
      : flags_(std::move(flags)), arguments_(std::move(arguments)) {
    for (const Flag& flag : flags_) {
      if (flag.type == "repeatable") line_.repeated[flag.name];
    }
  }

  absl::StatusOr<CommandLine> Parse(bool allow_positional) {
    bool flags_ended = false;
    while (next_ < arguments_.size()) {
      const std::string argument = arguments_[next_++];
      if (!flags_ended && argument == "--") {
        flags_ended = true;
      } else if (!flags_ended && argument.size() > 1 && argument[0] == '-') {
        RETURN_IF_ERROR(ParseFlag(argument));
      } else if (allow_positional) {
        line_.positional.push_back(argument);
      } else {
        return Unexpected(argument);
      }
    }
    return line_;
  }

 private:
  const Flag* Find(absl::string_view name) const {
    for (const Flag& flag : flags_) {
      if (flag.name == name) return &flag;
    }
    return nullptr;
  }

  absl::Status ParseFlag(const std::string& argument) {
    absl::string_view rest = argument;
    absl::ConsumePrefix(&rest, "-");
    absl::ConsumePrefix(&rest, "-");
    const size_t equals = rest.find('=');
    const absl::string_view name = rest.substr(0, equals);
    if (const Flag* flag = Find(name)) {
      if (equals != absl::string_view::npos) {
        return Set(*flag, std::string(rest.substr(equals + 1)));
      }
      if (flag->IsBool()) return Set(*flag, "true");
      if (next_ == arguments_.size() ||
          absl::StartsWith(arguments_[next_], "--")) {
        return absl::InvalidArgumentError(
            absl::StrCat("--", name, " needs a value (", KindOf(*flag), ")"));
      }
      return Set(*flag, arguments_[next_++]);
    }
    if (absl::StartsWith(name, "no") && equals == absl::string_view::npos) {
      const Flag* flag = Find(name.substr(2));
      if (flag != nullptr && flag->IsBool()) return Set(*flag, "false");
    }
    return Unknown(argument.substr(0, argument.find('=')), name);
  }

  absl::Status Set(const Flag& flag, const std::string& value) {
    if (flag.type == "repeatable") {
      line_.repeated[flag.name].push_back(value);
      return absl::OkStatus();
    }
    if (gflags::SetCommandLineOption(flag.name.c_str(), value.c_str())
            .empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag.name, "=", value, ": wanted ", KindOf(flag)));
    }
    return absl::OkStatus();
  }

  absl::Status Unknown(const std::string& typed, absl::string_view name) const {
    std::vector<std::string> names = {"help"};
    for (const Flag& flag : flags_) names.push_back(flag.name);
    const std::string closest = ClosestName(name, names);
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown flag ", typed,
        closest.empty() ? "; --help lists the flags there are"
                        : absl::StrCat("; did you mean --", closest, "?")));
  }

  absl::Status Unexpected(const std::string& argument) const {
    const std::string name = argument.substr(0, argument.find('='));
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument '", argument, "'",
                     Find(name) == nullptr
                         ? ""
                         : absl::StrCat("; did you mean --", argument, "?")));
  }

  const std::vector<Flag> flags_;
  const std::vector<std::string> arguments_;
  size_t next_ = 0;
  CommandLine line_;
};

bool AsksForHelp(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-help" || argument == "-h")
      return true;
  }
  return false;
}

}  // namespace

CommandLine ParseCommandLine(const std::string& about,
                             const std::vector<RepeatableFlag>& repeatable,
                             int argc, char** argv, bool allow_positional) {
  const std::vector<Flag> flags = KnownFlags(repeatable);
  const std::vector<std::string> arguments(argv + std::min(argc, 1),
                                           argv + argc);
  if (AsksForHelp(arguments)) {
    std::fputs(HelpText(about, flags).c_str(), stdout);
    std::exit(0);
  }
  auto line = Parser(flags, arguments).Parse(allow_positional);
  if (!line.ok()) std::exit(ExitStatus(line.status()));
  InitLogging(argc > 0 ? argv[0] : "snclr", FLAGS_verbose);
  return *std::move(line);
}

std::string UserPath(const std::string& path) {
  if (path.empty() || path[0] == '/') return path;
  if (path == "~" || absl::StartsWith(path, "~/")) {
    const char* home = std::getenv("HOME");
    return home == nullptr ? path : absl::StrCat(home, path.substr(1));
  }
  const char* typed_in = std::getenv("BUILD_WORKING_DIRECTORY");
  return typed_in == nullptr ? path : absl::StrCat(typed_in, "/", path);
}

int ExitStatus(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
      return 2;
    default:
      return 1;
  }
}

}  // namespace snclr
