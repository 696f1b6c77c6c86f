#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# loader.py by the environment's own Python, which has torchvision.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
exec /usr/bin/python3 "$here/loader.py" --ours="$here/loader_bench" "$@"
