# SPDX-License-Identifier: MIT
# For loops over pixels: vectors, no care for floating-point exceptions and errno,
# and choices that stay choices of a value instead of becoming branches. None of
# it changes a result.
PIXEL_COPTS = [
    "-O3",
    "-fno-math-errno",
    "-fno-thread-jumps",
    "-fno-trapping-math",
]
