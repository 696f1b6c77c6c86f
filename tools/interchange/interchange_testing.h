// SPDX-License-Identifier: MIT
// What the tests of export and import share: a small checkpoint, and Python's
// PyTorch on the other side.
#ifndef TOOLS_INTERCHANGE_INTERCHANGE_TESTING_H_
#define TOOLS_INTERCHANGE_INTERCHANGE_TESTING_H_

#include <string>

#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// Two blocks of width 32 with 4 heads, 16 px images, 4 px patches.
EncoderSpec SmallEncoderSpec(VitPositions positions = FIXED_SIN_COS);

// Writes a checkpoint of this encoder, 7 steps old. A vision transformer's has
// every parameter drawn, and a momentum encoder that differs; a ResNet, which
// is large, is as MakeEncoder draws it and alone.
void WriteSmallCheckpoint(const EncoderSpec& encoder, const std::string& path);

// An empty folder of this test's own.
std::string FreshFolder();

// Whether python3 has torch; `why` is for GTEST_SKIP.
bool HasPythonTorch(std::string* why);

// What `python3 peer.py <command> <folder>` printed. Adds a failure, with that,
// where it did not end well.
std::string RunPeer(const std::string& command, const std::string& folder);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_INTERCHANGE_TESTING_H_
