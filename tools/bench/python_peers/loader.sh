#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# loader.py by the environment's own Python, which has torchvision, or by that of
# TORCH_PYTHON. Its files are beside this one where another program has it among
# its own.
set -euo pipefail
here=$(dirname "$0")
if [ -d "$0.runfiles" ]; then here=$0.runfiles/snclr/tools/bench/python_peers; fi
exec "${TORCH_PYTHON:-/usr/bin/python3}" "$here/loader.py" --ours="$here/loader_bench" "$@"
