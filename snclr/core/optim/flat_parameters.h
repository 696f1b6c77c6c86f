// SPDX-License-Identifier: MIT
// Many parameters as one stretch of memory, so that an optimizer step, an
// average, a norm or a sum over ranks is one pass over it.
//
//   FlatParameters trained(method.TrainedParameters(),
//   FlatParameters::kWithGradients); FlatParameters
//   momentum(method.MomentumParameters(), FlatParameters::kValuesOnly);
//   trained.ZeroGradients();
//   loss.backward();        // accumulates into trained.gradients()
#ifndef SNCLR_CORE_OPTIM_FLAT_PARAMETERS_H_
#define SNCLR_CORE_OPTIM_FLAT_PARAMETERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Where one parameter lies in the flat buffers, in elements.
struct FlatSegment {
  std::string name;
  int64_t offset;  // a multiple of 64 bytes
  int64_t size;
  int64_t ndim;
  std::vector<int64_t> shape;
};

// Moves parameters into one buffer of values and, for trained ones, one of
// gradients. Segments follow each other in the given order, each padded with
// zeros to 64 bytes, so the first n segments lie alike for any list that begins
// with the same n shapes: a momentum copy's buffer lies over a prefix of the
// trained one's.
//
// The given tensors become views of the buffer: every handle to them (a
// module's, an earlier list's) stays valid. What replaces their memory breaks
// that: Module::to(), set_data(), a gradient set to undefined. Move a module to
// its device and dtype first.
class FlatParameters {
 public:
  enum Gradients { kWithGradients, kValuesOnly };

  // Leaf tensors of one floating dtype on one device. kWithGradients: each must
  // require a gradient, and its .grad becomes a view of gradients(), zero to
  // begin with. Throws c10::Error, naming the parameter that does not fit.
  FlatParameters(const NamedTensors& parameters, Gradients gradients);

  const at::Tensor& values() const { return values_; }  // [P]
  const at::Tensor& gradients() const {
    return gradients_;
  }  // [P] or undefined
  const std::vector<FlatSegment>& segments() const { return segments_; }

  // P: elements with the padding.
  int64_t size() const { return values_.numel(); }

  // Sets every gradient to zero. Throws where CheckInPlace() would.
  void ZeroGradients();

  // Throws c10::Error naming a parameter (or its gradient) that no longer lies
  // in the flat buffer.
  void CheckInPlace() const;

  // The part of `buffer` [P] (values, gradients, a moment of the same layout)
  // that belongs to a segment, in the parameter's shape.
  static at::Tensor View(const at::Tensor& buffer, const FlatSegment& segment);

 private:
  std::vector<FlatSegment> segments_;
  std::vector<at::Tensor> parameters_;  // in the order of segments_
  at::Tensor values_;
  at::Tensor gradients_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_FLAT_PARAMETERS_H_
