#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether every C++ file and proto is as clang-format writes it; names those that
# are not. With --fix it rewrites them.
set -eu
cd "${BUILD_WORKSPACE_DIRECTORY:?run with tools/bazel run //tools/ci:check_format}"

format=$(command -v clang-format-19 || command -v clang-format || true)
[ -n "$format" ] || { echo "error: no clang-format on this machine" >&2; exit 2; }
mapfile -t files < <(git ls-files '*.h' '*.cc' '*.cu' '*.cuh')

if [ "${1:-}" = --fix ]; then
  "$format" -i "${files[@]}"
  exit 0
fi
problems=$("$format" --dry-run --Werror "${files[@]}" 2>&1 |
  sed -nE 's/^([^:]+):[0-9]+:[0-9]+: error.*/\1/p' | sort -u)
if [ -z "$problems" ]; then
  echo "format: ${#files[@]} files are clean"
  exit 0
fi
printf '%s\n' "$problems" >&2
echo "format: the files above are not formatted; tools/bazel run //tools/ci:check_format -- --fix" >&2
exit 1
