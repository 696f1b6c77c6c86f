// SPDX-License-Identifier: MIT
// What tests of methods share: a small encoder, views of made-up images, and
// tensors by their name.
#ifndef SNCLR_CORE_METHOD_TESTING_H_
#define SNCLR_CORE_METHOD_TESTING_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// A vision transformer of width 96 and 2 blocks for images of 32 pixels, its
// patch projection frozen.
std::shared_ptr<Encoder> SmallEncoder();

// Blobs of colour, the same in both views up to noise, as images and their
// views are: [B, 3, 32, 32].
Views BlobViews(int64_t batch, uint64_t seed);

// `layers` of 128 columns, then `output_dim`.
HeadSpec SmallHead(int layers, int output_dim = 64);

// Throws c10::Error where none has the name.
at::Tensor Named(const NamedTensors& tensors, const std::string& name);

std::set<std::string> NamesOf(const NamedTensors& tensors);

// Parameters and state of one method into another of the same make.
void CopyAll(Method& from, Method& to);

}  // namespace snclr

#endif  // SNCLR_CORE_METHOD_TESTING_H_
