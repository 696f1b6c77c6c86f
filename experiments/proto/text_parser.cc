// SPDX-License-Identifier: MIT
#include "experiments/proto/text_parser.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "experiments/proto/field_paths.h"
#include "experiments/proto/field_text.h"

namespace snclr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::io::ArrayInputStream;
using google::protobuf::io::Tokenizer;

// Tokens, and the first thing that could not be one.
class Tokens : private google::protobuf::io::ErrorCollector {
 public:
  explicit Tokens(const std::string& text)
      : stream_(text.data(), static_cast<int>(text.size())),
        tokenizer_(&stream_, this) {
    tokenizer_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokenizer_.set_allow_multiline_strings(false);
    tokenizer_.Next();
  }

  const Tokenizer::Token& current() const { return tokenizer_.current(); }
  bool AtEnd() const { return current().type == Tokenizer::TYPE_END; }
  bool At(const char* symbol) const {
    return current().type == Tokenizer::TYPE_SYMBOL && current().text == symbol;
  }
  bool AtString() const { return current().type == Tokenizer::TYPE_STRING; }

  std::string Take() {
    const std::string text = current().text;
    tokenizer_.Next();
    return text;
  }
  bool TakeIf(const char* symbol) {
    if (!At(symbol)) return false;
    tokenizer_.Next();
    return true;
  }

  bool broken() const { return !what_.empty(); }
  const std::string& what() const { return what_; }
  int line() const { return line_; }
  int column() const { return column_; }

 private:
  void AddError(int line, int column, const std::string& message) override {
    if (broken()) return;
    line_ = line;
    column_ = column;
    what_ = message;
  }

  ArrayInputStream stream_;
  mutable Tokenizer tokenizer_;  // its current() is not const
  std::string what_;
  int line_ = 0;
  int column_ = 0;
};

class Parser {
 public:
  Parser(const std::string& text, const TextOrigin& origin, Places* places,
         Problems* problems)
      : tokens_(text), origin_(origin), places_(places), problems_(problems) {}

  void Parse(Message* message) {
    ParseFields(origin_.parent_path, /*opened=*/"", /*closing=*/"", message);
    if (tokens_.broken()) {
      problems_->Add(Place(tokens_.line(), tokens_.column()), "",
                     tokens_.what());
    }
  }

 private:
  // The name and place of each field and chosen oneof of one pair of braces.
  using Seen = std::map<std::string, std::string>;

  std::string Place(int line, int column) const {
    if (!origin_.has_lines) return origin_.name;
    return absl::StrCat(origin_.name, ":", line + 1, ":", column + 1);
  }
  std::string Here() const {
    return Place(tokens_.current().line, tokens_.current().column);
  }
  std::string Got() const {
    if (tokens_.AtEnd()) return "the end";
    const std::string& text = tokens_.current().text;
    return tokens_.AtString() ? text : absl::StrCat("'", text, "'");
  }
  // Ends the reading: what follows cannot be told apart.
  bool Punctuation(const std::string& path, const std::string& wanted) {
    if (!tokens_.broken()) {
      problems_->Add(Here(), path,
                     absl::StrCat("wanted ", wanted, ", got ", Got()));
    }
    return false;
  }

  // "axes[1]" for the second element of a list, of which `count` are there.
  static std::string ElementPath(const FieldDescriptor& field,
                                 const std::string& path, int count) {
    return field.is_repeated() ? absl::StrCat(path, "[", count, "]") : path;
  }
  static int Count(const FieldDescriptor& field, const Message& message) {
    return field.is_repeated()
               ? message.GetReflection()->FieldSize(message, &field)
               : 0;
  }

  // Fields up to `closing` ("" is the end of the text), which belongs to the
  // brace at the place `opened`. False if the rest cannot be read; so do all
  // that return bool.
  bool ParseFields(const std::string& path, const std::string& opened,
                   const std::string& closing, Message* message) {
    Seen seen;
    while (!tokens_.broken()) {
      if (tokens_.AtEnd()) {
        if (closing.empty()) return true;
        problems_->Add(opened, path,
                       absl::StrCat("this is never closed by '", closing, "'"));
        return false;
      }
      if (!closing.empty() && tokens_.TakeIf(closing.c_str())) return true;
      if (tokens_.current().type != Tokenizer::TYPE_IDENTIFIER) {
        return Punctuation(
            path, closing.empty()
                      ? "a field's name"
                      : absl::StrCat("a field's name or '", closing, "'"));
      }
      if (!ParseField(path, message, &seen)) return false;
      if (!tokens_.TakeIf(",")) tokens_.TakeIf(";");
    }
    return false;
  }

  bool ParseField(const std::string& parent, Message* message, Seen* seen) {
    const std::string place = Here();
    const std::string name = tokens_.Take();
    const std::string path = JoinPath(parent, name);
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) {
      std::string meant;
      problems_->Add(place, path,
                     absl::StrCat("no such field",
                                  WhyNoSuchField(*origin_.root, path, &meant)));
      // So that a missing 'name' is not reported beside a wrong 'nmae'.
      if (!meant.empty()) places_->Set(meant, place);
      return SkipValue(path);
    }
    const bool is_again =
        !field->is_repeated() && !seen->emplace(name, place).second;
    if (is_again) {
      problems_->Add(place, path,
                     absl::StrCat("set twice, first at ", seen->at(name)));
      return SkipValue(path);
    }
    if (const auto* oneof = field->real_containing_oneof()) {
      const auto [other, is_first] =
          seen->emplace("oneof " + oneof->name(), name);
      if (!is_first) {
        problems_->Add(place, path,
                       absl::StrCat("only one of '", other->second, "' and '",
                                    name, "' may be set"));
        return SkipValue(path);
      }
    }
    places_->Set(path, place);
    const bool has_colon = tokens_.TakeIf(":");
    if (field->is_repeated() && tokens_.TakeIf("[")) {
      return ParseList(*field, path, message);
    }
    if (field->message_type() == nullptr && !has_colon) {
      return Punctuation(path, "':'");
    }
    return ParseValue(*field, path, message);
  }

  bool ParseList(const FieldDescriptor& field, const std::string& path,
                 Message* message) {
    while (!tokens_.TakeIf("]")) {
      if (!ParseValue(field, path, message)) return false;
      if (!tokens_.TakeIf(",") && !tokens_.At("]")) {
        return Punctuation(path, "',' or ']'");
      }
    }
    return true;
  }

  bool ParseValue(const FieldDescriptor& field, const std::string& path,
                  Message* message) {
    const bool is_message = tokens_.At("{") || tokens_.At("<");
    if (field.message_type() == nullptr ? is_message : !is_message) {
      problems_->Add(
          Here(), path,
          absl::StrCat("wanted ", WantedValue(field), ", got ", Got()));
      return SkipValue(path);
    }
    if (!is_message) return ParseScalar(field, path, message);
    const std::string opened = Here();
    const std::string closing = tokens_.Take() == "{" ? "}" : ">";
    const auto* reflection = message->GetReflection();
    const std::string element =
        ElementPath(field, path, Count(field, *message));
    if (field.is_repeated()) places_->Set(element, opened);
    return ParseFields(element, opened, closing,
                       field.is_repeated()
                           ? reflection->AddMessage(message, &field)
                           : reflection->MutableMessage(message, &field));
  }

  bool ParseScalar(const FieldDescriptor& field, const std::string& path,
                   Message* message) {
    const std::string place = Here();
    const bool is_string = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (is_string != tokens_.AtString()) {
      problems_->Add(
          place, path,
          absl::StrCat("wanted ", WantedValue(field),
                       is_string ? " in quotes" : "", ", got ", Got()));
      return SkipValue(path);
    }
    std::string text;
    if (is_string) {
      // Neighbouring strings are one, as in C.
      while (tokens_.AtString()) {
        Tokenizer::ParseStringAppend(tokens_.Take(), &text);
      }
    } else {
      if (tokens_.TakeIf("-")) text = "-";
      if (!AtWord()) return Punctuation(path, WantedValue(field));
      text += tokens_.Take();
    }
    if (tokens_.broken()) return false;
    if (field.is_repeated()) {
      places_->Set(ElementPath(field, path, Count(field, *message)), place);
    }
    const absl::Status status = SetFieldFromText(field, text, message);
    if (!status.ok())
      problems_->Add(place, path, std::string(status.message()));
    return true;
  }

  bool AtWord() const {
    return tokens_.current().type == Tokenizer::TYPE_IDENTIFIER ||
           tokens_.current().type == Tokenizer::TYPE_INTEGER ||
           tokens_.current().type == Tokenizer::TYPE_FLOAT;
  }

  // Passes over a value that could not be used, of whatever kind.
  bool SkipValue(const std::string& path) {
    tokens_.TakeIf(":");
    if (tokens_.At("{") || tokens_.At("<") || tokens_.At("["))
      return SkipGroup();
    if (tokens_.AtString()) {
      while (tokens_.AtString()) tokens_.Take();
      return !tokens_.broken();
    }
    tokens_.TakeIf("-");
    if (!AtWord()) return Punctuation(path, "a value");
    tokens_.Take();
    return !tokens_.broken();
  }

  bool SkipGroup() {
    const std::string opened = Here();
    int depth = 0;
    while (!tokens_.broken() && !tokens_.AtEnd()) {
      if (tokens_.At("{") || tokens_.At("<") || tokens_.At("[")) ++depth;
      if (tokens_.At("}") || tokens_.At(">") || tokens_.At("]")) --depth;
      tokens_.Take();
      if (depth == 0) return true;
    }
    if (tokens_.AtEnd()) problems_->Add(opened, "", "this is never closed");
    return false;
  }

  Tokens tokens_;
  const TextOrigin& origin_;
  Places* const places_;
  Problems* const problems_;
};

}  // namespace

void ParseText(const std::string& text, const TextOrigin& origin,
               Message* message, Places* places, Problems* problems) {
  Parser(text, origin, places, problems).Parse(message);
}

}  // namespace snclr
