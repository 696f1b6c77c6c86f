#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A real training as a job of two nodes under Slurm itself: it finishes; and one
# that a more urgent job pre-empts goes on after that, and ends with the same
# weights.
set -uo pipefail
. experiments/process/slurm_testing.sh
skip_without_slurm "$@"

work=$(mktemp -d /tmp/slurm-training.XXXXXX)
trap 'stop_slurm; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  for log in "$work"/*.log "$work"/slurm/*.log; do echo "--- $log"; tail -n 40 "$log"; done
  exit 1
}

cat >"$work/launch.textproto" <<'LAUNCH'
nodes: 2
procs_per_node: 1
slurm { partition: "test" time_minutes: 10 }
LAUNCH

begin() {
  experiments/launch/launch_main --launcher=slurm \
    --program="$PWD/experiments/registry/train" \
    --spec="$PWD/experiments/launch/testdata/tiny.textproto" \
    --set='snclr={ neighbors: 3 bank { rows: 160 scope: GLOBAL } }' \
    --launch="$work/launch.textproto" --out="$work/$1" >"$work/$1.log" 2>&1 &
  launched=$!
}
end() {
  wait "$launched" || fail "the launch ended with $?"
}
weights() { sed -n 's/.*, weights \([0-9a-f]*\)$/\1/p' "$work/$1.log" | tail -n 1; }

start_slurm "$work/slurm" 2 || exit 1
echo "Slurm $(sinfo --version | cut -d' ' -f2) is up"

begin whole
end
wanted=$(weights whole)
[ -n "$wanted" ] || fail "no weights"
grep -qE "ranks +2, 16 images of each step on each" "$work/whole.log" || fail "not two ranks"
echo "two nodes: finished, weights $wanted"

begin preempted
for _ in {1..1200}; do
  compgen -G "$work/preempted/tiny/001/checkpoint-*.safetensors" >/dev/null && break
  sleep 0.05
done
sbatch --quiet --partition=urgent --nodes=2 --exclusive --output=/dev/null --wrap="sleep 3" ||
  fail "there is no urgent job"
end
grep -qF "launch: stopped to make way for another job" "$work/preempted.log" || fail "it was not pre-empted"
grep -qF "continues after step" "$work/preempted.log" || fail "it did not go on"
grep -qF "queued again 1 time" "$work/preempted.log" || fail "it was not queued again"
grep -qF "queued again 2 times" "$work/preempted.log" && fail "it was queued again twice"
[ -e "$work/preempted/tiny/002" ] && fail "it began a second run"
[ "$(weights preempted)" = "$wanted" ] || fail "other weights: $(weights preempted)"
echo "pre-empted while it trained, queued again: finished, the same weights"
echo "PASSED"
