#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# This project against the Python programs that a user would otherwise run, as
# ratios: training steps, and, where there are photographs to decode, the loader.
#
#   tools/bazel run //tools/bench:peers -- --images=/data/imagenet/val
#
# Flags that are not its own go to the steps' half, which has --help.
set -euo pipefail
images= flags=()
for flag in "$@"; do
  case $flag in
    --images=*) images=${flag#--images=} ;;
    *) flags+=("$flag") ;;
  esac
done
here=$(dirname "${BASH_SOURCE[0]}")/python_peers
[ -z "$images" ] || "$here/loader" --root="$images"
"$here/step" "${flags[@]}"
[ -n "$images" ] || echo "the loader was left out: --images=FOLDER of JPEG files takes it in" >&2
