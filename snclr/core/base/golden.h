// SPDX-License-Identifier: MIT
// Golden files: inputs and expected outputs computed by published code, one
// case a safetensors file, its hyper-parameters in the metadata. Tests
// (golden_testing.h) and the conformance tool read them through this.
#ifndef SNCLR_CORE_BASE_GOLDEN_H_
#define SNCLR_CORE_BASE_GOLDEN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "snclr/core/base/safetensors.h"

namespace snclr {

// The accessors throw c10::Error naming the file and what it lacks, as the code
// under test does; a tool stands behind CatchTorch.
class GoldenFile {
 public:
  // NotFound, DataLoss as ReadTensorFile.
  static absl::StatusOr<GoldenFile> Read(const std::string& path);

  const std::string& path() const { return path_; }

  // Where the tensors are: on the CPU, until they are moved. What is computed
  // from them then is computed there.
  at::Device device() const { return device_; }
  void MoveTo(at::Device device);

  at::Tensor Tensor(const std::string& name) const;
  bool Has(const std::string& name) const;

  // The tensors whose name begins with `prefix` ("param."), without it.
  std::map<std::string, at::Tensor> WithPrefix(const std::string& prefix) const;

  // Metadata. A list's values stand between spaces, commas and brackets.
  bool HasText(const std::string& key) const;
  const std::string& Text(const std::string& key) const;
  int64_t Int(const std::string& key) const;
  double Double(const std::string& key) const;
  bool Bool(const std::string& key) const;  // "True" or "False"
  std::vector<double> Doubles(const std::string& key) const;

 private:
  GoldenFile(std::string path, TensorFile file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  TensorFile file_;
  at::Device device_ = at::kCPU;
};

// How far two tensors, on any devices, are apart. Infinite where a NaN is in
// the way or their shapes differ.
struct Distance {
  double absolute;  // largest |actual - expected|
  double relative;  // that, over the largest |expected|; 0 where equal
};
Distance MeasureDistance(const at::Tensor& actual, const at::Tensor& expected);

// |actual - expected| <= relative * max|expected| + absolute, everywhere.
struct Tolerance {
  double relative;
  double absolute = 0;
};
bool IsWithin(const Distance& distance, const at::Tensor& expected,
              const Tolerance& tolerance);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_GOLDEN_H_
