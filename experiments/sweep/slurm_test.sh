#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sweep with Slurm itself: munge, slurmctld and slurmd on this machine, in a
# folder that goes with the test. Wants root, as Slurm's daemons do.
set -uo pipefail
PATH=/usr/bin:/bin:/usr/sbin:/sbin

if [ "$(id -u)" != 0 ]; then
  echo "skipped: slurmd and munged run as root, this test does not"
  exit 0
fi
for program in munged slurmctld slurmd sbatch squeue scontrol; do
  command -v $program >/dev/null || { echo "skipped: no $program here"; exit 0; }
done

sweep=$PWD/experiments/sweep/sweep_main
work=$(mktemp -d /tmp/sweep-slurm.XXXXXX)
daemons=()
finish() {
  scancel --user=root >/dev/null 2>&1
  # slurmd goes first, munge last.
  local i
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do kill "${daemons[i]}" 2>/dev/null; done
  # They have a moment to leave; slurmd would wait for its jobs.
  for _ in $(seq 50); do
    kill -0 "${daemons[@]}" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "${daemons[@]}" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "FAILED: $*"
  echo "--- the sweep"; cat "$work/log"
  echo "--- Slurm"; tail -n 15 "$work"/slurm/*.log
  exit 1
}
expect() { grep -qF -- "$1" "$work/log" || fail "the sweep did not say '$1'"; }

start_slurm() {
  local dir=$work/slurm port=$((20000 + $$ % 20000))
  mkdir -p "$dir/state" "$dir/spool"
  (umask 077; mkdir "$dir/munge"; head -c 128 /dev/urandom >"$dir/munge/key")
  munged --force --foreground --key-file="$dir/munge/key" \
    --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge.log" --seed-file="$dir/munge/seed" >"$dir/munged.log" 2>&1 &
  daemons+=($!)
  cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
MailProg=/bin/true
ReturnToService=2
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=test Nodes=localhost Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$dir/slurm.conf
  for _ in $(seq 100); do [ -S "$dir/munge/socket" ] && break; sleep 0.1; done
  slurmctld -D -f "$SLURM_CONF" >"$dir/slurmctld.out.log" 2>&1 &
  daemons+=($!)
  slurmd -D -N localhost -f "$SLURM_CONF" >"$dir/slurmd.out.log" 2>&1 &
  daemons+=($!)
  for _ in $(seq 300); do
    sinfo --noheader 2>/dev/null | grep -q idle && return
    sleep 0.1
  done
  : >"$work/log"
  fail "Slurm did not start"
}

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

start_slurm
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
