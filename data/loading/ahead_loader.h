// SPDX-License-Identifier: MIT
// One batch ahead of the training, on a thread and a stream of its own.
#ifndef DATA_LOADING_AHEAD_LOADER_H_
#define DATA_LOADING_AHEAD_LOADER_H_

#include <c10/core/Device.h>

#include <memory>

#include "data/loading/loader.h"

namespace snclr {

// The same batches, each begun when the one before is taken: on a GPU it is
// made while that one trains. Next() makes the caller's current stream wait for
// the views, not the caller, and keeps their memory until that stream is done
// with them.
std::unique_ptr<Loader> MakeAheadLoader(std::unique_ptr<Loader> loader,
                                        at::Device device);

}  // namespace snclr

#endif  // DATA_LOADING_AHEAD_LOADER_H_
