#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sweep with Slurm itself.
set -uo pipefail
. experiments/process/slurm_testing.sh
skip_without_slurm "$@"

sweep=$PWD/experiments/sweep/sweep_main
work=$(mktemp -d /tmp/sweep-slurm.XXXXXX)
trap 'stop_slurm; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  echo "--- the sweep"; cat "$work/log"
  echo "--- Slurm"; tail -n 15 "$work"/slurm/*.log
  exit 1
}
expect() { grep -qF -- "$1" "$work/log" || fail "the sweep did not say '$1'"; }

cat >"$work/tiny.textproto" <<'SPEC'
name: "tiny"
snclr { neighbors: 3 bank { rows: 50 } }
encoder { image_size_px: 16
          vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2
                patch_size_px: 8 freeze_patch_projection: false } }
projector { hidden_dim: 32 output_dim: 16 }
predictor { hidden_dim: 32 output_dim: 16 }
data { procedural { classes: 4 image_size_px: 16 }
       train_images: 96 test_images: 32 global_batch: 16 workers: 2 }
optimizer { base_lr: 1e-3 lr_scaling: NO_SCALING clip_gradient_norm: 5 }
schedule { epochs: 4 warmup_epochs: 1 }
evaluation { knn { every_epochs: 2 neighbors: 5 } }
checkpoint { every_steps: 2 }
tracking { every_steps: 1 tensorboard: false }
SPEC
cat >"$work/sweep.textproto" <<'SWEEP'
name: "array"
question: "Does Slurm run each trial once?"
base: "tiny.textproto"
seeds: 2
max_attempts: 2
axes { path: "optimizer.base_lr" values: ["1e-3", "2e-3", "1e30"] }
slurm { partition: "test" cpus: 1 }
SWEEP
command=("$sweep" --sweep="$work/sweep.textproto" --out="$work/out" --launcher=slurm --jobs=2)
run() { "${command[@]}" >>"$work/log" 2>&1; }

start_slurm "$work/slurm" 1 || exit 1
echo "Slurm $(sinfo --version | cut -d' ' -f2) is up"

# Killed while its jobs are in the queue: the next one finds them.
"${command[@]}" >"$work/log" 2>&1 & killed=$!
for _ in $(seq 600); do grep -q '^started' "$work/log" 2>/dev/null && break; sleep 0.1; done
sleep 1
kill -9 $killed
wait $killed 2>/dev/null
queued=$(squeue --noheader --array | wc -l)
[ "$queued" -gt 0 ] || fail "no job is in the queue"
echo "killed the sweep with $queued tasks in the queue"

run
[ $? = 1 ] || fail "two trials cannot succeed: the exit status should be 1"
expect "4 of 6 finished, 2 given up"
expect "(2 of 2): "
[ "$(ls -d "$work"/out/array/[0-9]* | wc -l)" = 6 ] || fail "not one run a trial"
arrays=$(ls "$work/out/array/sweep/slurm" | wc -l)
[ "$arrays" -ge 2 ] || fail "what failed was not submitted again"

# What has failed is not tried again, what is finished not run again.
before=$(grep -c '^started\|^resumes' "$work/log")
run
[ $? = 1 ] || fail "given up is not finished"
[ "$(grep -c '^started\|^resumes' "$work/log")" = "$before" ] || fail "something ran again"
[ -z "$(squeue --noheader)" ] || fail "a job is left in the queue"
grep '^Sweep\|^failed' "$work/log" | sort | uniq -c
echo "PASSED"
