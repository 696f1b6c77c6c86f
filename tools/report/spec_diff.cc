// SPDX-License-Identifier: MIT
#include "tools/report/spec_diff.h"

#include <google/protobuf/descriptor.h>

#include <set>
#include <utility>

#include "absl/strings/str_split.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/base/field_rule.pb.h"

namespace snclr {
namespace {

std::string ValueOf(const Parameters& spec, const std::string& path) {
  const auto value = spec.find(path);
  return value == spec.end() ? "" : value->second;
}

std::set<std::string> AllPaths(const std::vector<Parameters>& specs) {
  std::set<std::string> paths;
  for (const Parameters& spec : specs) {
    for (const auto& [path, value] : spec) paths.insert(path);
  }
  return paths;
}

}  // namespace

bool DecidesNumbers(absl::string_view path) {
  if (path == "seed" || path == "name" || path == "base") return false;
  const google::protobuf::Descriptor* message = ExperimentSpec::descriptor();
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (message == nullptr) return true;
    const std::string name(part.substr(0, part.find('[')));
    const google::protobuf::FieldDescriptor* field =
        message->FindFieldByName(name);
    if (field == nullptr) return true;
    if (field->options().GetExtension(rule).neutral()) return false;
    message = field->message_type();
  }
  return true;
}

std::vector<std::string> VariedFields(const std::vector<Parameters>& specs) {
  std::vector<std::string> varied;
  for (const std::string& path : AllPaths(specs)) {
    if (!DecidesNumbers(path)) continue;
    std::set<std::string> values;
    for (const Parameters& spec : specs) values.insert(ValueOf(spec, path));
    if (values.size() > 1) varied.push_back(path);
  }
  return varied;
}

Parameters CommonSpec(const std::vector<Parameters>& specs) {
  Parameters common;
  for (const std::string& path : AllPaths(specs)) {
    std::map<std::string, int> counts;
    int most = 0;
    for (const Parameters& spec : specs) {
      most = std::max(most, ++counts[ValueOf(spec, path)]);
    }
    for (const Parameters& spec : specs) {
      if (counts[ValueOf(spec, path)] != most) continue;
      common[path] = ValueOf(spec, path);
      break;
    }
  }
  return common;
}

std::vector<FieldDifference> DiffFrom(const Parameters& spec,
                                      const Parameters& common) {
  std::vector<FieldDifference> differences;
  for (const std::string& path : AllPaths({spec, common})) {
    std::string value = ValueOf(spec, path);
    std::string other = ValueOf(common, path);
    if (value == other) continue;
    differences.push_back({path, std::move(value), std::move(other)});
  }
  return differences;
}

}  // namespace snclr
