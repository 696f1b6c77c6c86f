#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes libcudnn.so.9 in the place of cuDNN, which Debian may not distribute, so
# that programs with LibTorch for GPUs start: every function that LibTorch wants to
# find when it is loaded, which does nothing and says that cuDNN is not there. Runs
# in the new root file system.
set -e
folder=/usr/lib/no-cudnn
mkdir -p "$folder"
{
  echo 'unsigned long cudnnGetVersion(void) { return 0; }'
  echo 'const char* cudnnGetErrorString(int status) { (void)status; return "cuDNN is not there"; }'
  nm -D --undefined-only /usr/lib/x86_64-linux-gnu/libtorch_cuda.so |
    sed -n 's/.* U \(cudnn[A-Z][A-Za-z0-9_]*\).*/int \1(void) { return 1; }/p' |
    grep -v -e cudnnGetVersion -e cudnnGetErrorString
} | gcc -shared -fPIC -Wall -Wextra -Wl,-soname,libcudnn.so.9 -Wl,--default-symver \
      -x c - -o "$folder/libcudnn.so.9"
