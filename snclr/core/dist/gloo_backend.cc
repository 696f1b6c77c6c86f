// SPDX-License-Identifier: MIT
#include "snclr/core/dist/gloo_backend.h"

// LibTorch has it unless it was built without; its headers do not say.
#define USE_C10D_GLOO
#include <chrono>
#include <cstdint>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <vector>

namespace snclr {

c10::intrusive_ptr<c10d::Backend> MakeGlooBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
    const std::vector<std::string>& interfaces) {
  auto options =
      c10d::ProcessGroupGloo::Options::create(std::chrono::hours(24 * 365));
  for (const std::string& interface : interfaces) {
    options->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForInterface(interface));
  }
  // Two exchanges at a time on each: one travels while one is added up.
  options->threads = static_cast<int>(2 * interfaces.size());
  return c10::make_intrusive<c10d::ProcessGroupGloo>(
      store, static_cast<int>(rank), static_cast<int>(size),
      std::move(options));
}

}  // namespace snclr
