// SPDX-License-Identifier: MIT
// The one interface a method implements. The trainer knows this and no method.
//
// A step, driven by the trainer (MoCo v3, Algorithm 1; SNCLR's published
// order):
//   1. momentum parameters move towards the trained ones (the optimizer does it
//      in one pass with the step before; the method never changes parameters),
//   2. loss = Forward(views), 3. backward, 4. the optimizer's step.
#ifndef SNCLR_CORE_METHOD_H_
#define SNCLR_CORE_METHOD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Two views of the same B images: [B, 3, S, S], normalised.
struct Views {
  at::Tensor view1;
  at::Tensor view2;
};

struct StepOutput {
  at::Tensor loss;  // [], what backward() starts from

  // Zero-dimensional, detached; read back late, so that a device need not wait.
  // Names are as they appear in the tracker ("neighbor_similarity").
  NamedTensors metrics;

  // Detached, for the collapse watch: encoder features and embeddings (the
  // projector's output y) of view 1, [B, E] and [B, D].
  at::Tensor features;
  at::Tensor embeddings;
};

// Where the first losses of a correct run lie, and the formula that says so.
// Users take a correct flat loss for a broken run; this tells them.
struct LossBand {
  double low;
  double high;
  std::string why;  // "2T ln(N) per direction, N = 7936 candidates"
};

class Method {
 public:
  virtual ~Method() = default;

  virtual std::string name() const = 0;  // "snclr"

  // The loss of one step. May change State() (banks, running statistics), never
  // a parameter. Throws c10::Error.
  virtual StepOutput Forward(const Views& views) = 0;

  // All parameters with a gradient, in a fixed order. Those that have a
  // momentum copy come first, in the order of MomentumParameters().
  virtual NamedTensors TrainedParameters() = 0;

  // The momentum encoder's copies, one for each of the first
  // TrainedParameters(); empty for a method without a momentum encoder. No
  // gradient.
  virtual NamedTensors MomentumParameters() = 0;

  // All else that a resumed run must get back: frozen parameters, running
  // statistics, banks and their pointers. A checkpoint copies from and into
  // these.
  virtual NamedTensors State() = 0;

  // Those of State() that each rank has for itself, such as a bank of its own
  // keys; all others are equal on every rank.
  virtual NamedTensors RankState() { return {}; }

  // What is evaluated and exported.
  virtual Encoder& encoder() = 0;

  // For B images on each of W ranks.
  virtual LossBand InitialLossBand(int64_t batch, int64_t ranks) const = 0;
};

}  // namespace snclr

#endif  // SNCLR_CORE_METHOD_H_
