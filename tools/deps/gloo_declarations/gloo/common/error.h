// SPDX-License-Identifier: MIT
// Included by ProcessGroupGloo.hpp, which uses nothing of it.
