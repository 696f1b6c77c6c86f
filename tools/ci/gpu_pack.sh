#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Packs what tools/ci/gpu_check needs on a GPU machine that reaches no packages:
#
#   tools/bazel run //tools/ci:gpu_pack -- KIT OUT [GOLDEN [CIFAR]]
#
# KIT is a folder with kit.tar.xz and install.sh: Bazel and the C++ libraries, as
# static ones. OUT becomes a folder with the kit, the headers that it lacks,
# GOLDEN (golden files for conformance) and half of CIFAR (class folders below
# train/ and test/, packed as .tar.xz). It is meant to be ignored by git, and to
# travel with the checkout.
set -euo pipefail
cd "${BUILD_WORKING_DIRECTORY:?run with tools/bazel run //tools/ci:gpu_pack}"
[ $# -ge 2 ] || { echo "error: wanted KIT OUT [GOLDEN [CIFAR]]" >&2; exit 2; }
kit=$1 out=$2 golden=${3:-} cifar=${4:-}
[ -f "$kit/kit.tar.xz" ] || { echo "error: no kit.tar.xz in $kit" >&2; exit 2; }

mkdir -p "$out"
cp -f "$kit/kit.tar.xz" "$kit/install.sh" "$out/"

# The part of Boost that comparisons stand on.
echo '#include <boost/math/distributions/students_t.hpp>' |
  g++ -std=c++17 -M -x c++ - | tr ' \\' '\n\n' | grep '^/usr/include/boost/' | sort -u |
  tar -czf "$out/headers.tar.gz" --absolute-names --transform='s|^/||' -T -

if [ -n "$golden" ]; then tar -C "$golden" -czf "$out/golden.tar.gz" .; fi
if [ -n "$cifar" ]; then
  python3 - "$cifar" "$out/cifar10.tar" <<'PYTHON'
import re, sys, tarfile
# Every second image of each class.
with tarfile.open(sys.argv[1]) as whole, tarfile.open(sys.argv[2], "w") as half:
    for member in whole:
        number = re.search(r"(\d+)\.(jpg|png)$", member.name)
        if number and int(number.group(1)) % 2 == 0:
            half.addfile(member, whole.extractfile(member))
PYTHON
fi
du -sh "$out"
