// SPDX-License-Identifier: MIT
// What LibTorch's ProcessGroupGloo.hpp needs to know of Gloo, whose own headers
// come with no LibTorch: names, which it holds pointers to, and one interface.
// Nothing of Gloo itself is called through these.
#ifndef GLOO_DECLARATIONS_CONTEXT_H_
#define GLOO_DECLARATIONS_CONTEXT_H_

namespace gloo {
class Context;
}  // namespace gloo

#endif  // GLOO_DECLARATIONS_CONTEXT_H_
