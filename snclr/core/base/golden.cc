// SPDX-License-Identifier: MIT
#include "snclr/core/base/golden.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>
#include <ATen/ops/sub.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Largest(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return 0;
  return at::abs(tensor.to(at::kDouble)).max().item<double>();
}

}  // namespace

absl::StatusOr<GoldenFile> GoldenFile::Read(const std::string& path) {
  ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(path));
  return GoldenFile(path, std::move(file));
}

void GoldenFile::MoveTo(at::Device device) {
  for (auto& [name, tensor] : file_.tensors) tensor = tensor.to(device);
  device_ = device;
}

at::Tensor GoldenFile::Tensor(const std::string& name) const {
  const auto tensor = file_.Get(name);
  TORCH_CHECK(tensor.ok(), path_, ": ", std::string(tensor.status().message()));
  return *tensor;
}

bool GoldenFile::Has(const std::string& name) const { return file_.Has(name); }

std::map<std::string, at::Tensor> GoldenFile::WithPrefix(
    const std::string& prefix) const {
  std::map<std::string, at::Tensor> found;
  for (const auto& [name, tensor] : file_.tensors) {
    if (name.compare(0, prefix.size(), prefix) == 0) {
      found.emplace(name.substr(prefix.size()), tensor);
    }
  }
  return found;
}

bool GoldenFile::HasText(const std::string& key) const {
  return file_.metadata.count(key) > 0;
}

const std::string& GoldenFile::Text(const std::string& key) const {
  const auto found = file_.metadata.find(key);
  TORCH_CHECK(found != file_.metadata.end(), path_, ": no metadata '", key,
              "'");
  return found->second;
}

int64_t GoldenFile::Int(const std::string& key) const {
  int64_t value = 0;
  TORCH_CHECK(absl::SimpleAtoi(Text(key), &value), path_, ": metadata '", key,
              "' is '", Text(key), "', wanted an integer");
  return value;
}

double GoldenFile::Double(const std::string& key) const {
  double value = 0;
  TORCH_CHECK(absl::SimpleAtod(Text(key), &value), path_, ": metadata '", key,
              "' is '", Text(key), "', wanted a number");
  return value;
}

bool GoldenFile::Bool(const std::string& key) const {
  const std::string& text = Text(key);
  TORCH_CHECK(text == "True" || text == "False", path_, ": metadata '", key,
              "' is '", text, "', wanted True or False");
  return text == "True";
}

std::vector<double> GoldenFile::Doubles(const std::string& key) const {
  std::vector<double> values;
  for (const auto part : absl::StrSplit(Text(key), absl::ByAnyChar(" ,()[]"),
                                        absl::SkipEmpty())) {
    double value = 0;
    TORCH_CHECK(absl::SimpleAtod(part, &value), path_, ": metadata '", key,
                "' is '", Text(key), "', wanted numbers");
    values.push_back(value);
  }
  return values;
}

Distance MeasureDistance(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.defined() || actual.sizes() != expected.sizes()) {
    return {kInfinity, kInfinity};
  }
  const double largest =
      Largest(at::sub(actual.detach().to(at::kCPU, at::kDouble),
                      expected.to(at::kCPU, at::kDouble)));
  if (std::isnan(largest)) return {kInfinity, kInfinity};
  if (largest == 0) return {0, 0};
  return {largest, largest / Largest(expected)};
}

bool IsWithin(const Distance& distance, const at::Tensor& expected,
              const Tolerance& tolerance) {
  return distance.absolute <=
         tolerance.relative * Largest(expected) + tolerance.absolute;
}

}  // namespace snclr
