// SPDX-License-Identifier: MIT
#include "experiments/proto/field_paths.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "snclr/core/base/did_you_mean.h"

namespace snclr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// Specs are trees; this bound is for a message that would contain itself.
constexpr int kDeepest = 12;

std::string LastName(const std::string& path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

void AppendPaths(const Descriptor& message, const std::string& prefix,
                 int depth, std::vector<std::string>* paths) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    paths->push_back(JoinPath(prefix, field->name()));
    if (field->message_type() != nullptr && depth < kDeepest) {
      AppendPaths(*field->message_type(), paths->back(), depth + 1, paths);
    }
  }
}

// The shortest path anywhere below `root` whose last name is the nearest to
// `typed`.
std::string SearchEverywhere(const Descriptor& root, const std::string& typed) {
  std::vector<std::string> paths, names;
  AppendPaths(root, "", 0, &paths);
  for (const std::string& path : paths) names.push_back(LastName(path));
  const std::string name = ClosestName(typed, names);
  std::string shortest;
  for (const std::string& path : paths) {
    if (!name.empty() && LastName(path) == name &&
        (shortest.empty() || path.size() < shortest.size())) {
      shortest = path;
    }
  }
  return shortest;
}

}  // namespace

std::string JoinPath(const std::string& path, const std::string& field) {
  return path.empty() ? field : absl::StrCat(path, ".", field);
}

std::vector<std::string> FieldNames(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) {
    names.push_back(message.field(i)->name());
  }
  return names;
}

std::vector<std::string> ArmNames(const OneofDescriptor& oneof) {
  std::vector<std::string> names;
  for (int i = 0; i < oneof.field_count(); ++i) {
    names.push_back(oneof.field(i)->name());
  }
  return names;
}

std::string WhyNoSuchField(const Descriptor& root, const std::string& path,
                           std::string* suggestion) {
  const std::vector<std::string> typed = absl::StrSplit(path, '.');
  const Descriptor* message = &root;
  std::string right;  // the path as it should be, as far as it is known
  for (const std::string& part : typed) {
    // "axes[1]": the second element of a list.
    const std::string name = part.substr(0, part.find('['));
    const OneofDescriptor* oneof = message->FindOneofByName(name);
    if (oneof != nullptr) {
      return absl::StrCat("; choose by setting one of ",
                          absl::StrJoin(ArmNames(*oneof), ", "));
    }
    const FieldDescriptor* field = message->FindFieldByName(name);
    if (field == nullptr) {
      field = message->FindFieldByName(ClosestName(name, FieldNames(*message)));
    }
    if (field == nullptr) {
      right = SearchEverywhere(root, typed.back());
      break;
    }
    right =
        JoinPath(right, absl::StrCat(field->name(), part.substr(name.size())));
    message = field->message_type();
    if (message == nullptr) break;
  }
  if (suggestion != nullptr) *suggestion = right;
  return right.empty() ? "" : absl::StrCat("; did you mean '", right, "'?");
}

}  // namespace snclr
