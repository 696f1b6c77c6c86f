// SPDX-License-Identifier: MIT
#include "tools/report/spec_diff.h"

#include <algorithm>
#include <set>
#include <utility>

#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/field_rules.h"

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

bool DecidesNumbers(const std::string& path) {
  if (path == "seed" || path == "name" || path == "base") return false;
  return !IsNeutralPath(*ExperimentSpec::descriptor(), path);
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
