#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# //experiments:launch --launcher=slurm with Slurm itself, two nodes on loopback;
# test_rank.sh stands for the training.
set -uo pipefail
. experiments/process/slurm_testing.sh
skip_without_slurm "$@"

launch=$PWD/experiments/launch/launch_main
rank=$PWD/experiments/launch/test_rank.sh
work=$(mktemp -d /tmp/launch-slurm.XXXXXX)
trap 'stop_slurm; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  echo "--- the launch"; cat "$work/log"
  echo "--- Slurm"; for log in "$work"/slurm/*.log; do echo "$log"; tail -n 15 "$log"; done
  exit 1
}
expect() { grep -qE -- "$1" "$work/log" || fail "the launch did not say '$1'"; }
# await SECONDS COMMAND...
await() {
  local tries=$(($1 * 10)); shift
  until "$@"; do
    [ $((tries -= 1)) -gt 0 ] || fail "waited in vain for: $*"
    sleep 0.1
  done
}
said() { [ "$(grep -cE -- "$1" "$work/log")" -ge "$2" ]; }

cat >"$work/spec.textproto" <<'SPEC'
name: "tiny"
snclr { }
data { procedural { } global_batch: 12 }
SPEC
cat >"$work/launch.textproto" <<'LAUNCH'
nodes: 2
procs_per_node: 2
slurm { partition: "test" time_minutes: 10 setup: "echo the setup line" }
LAUNCH
# begin OUT ACT FLAGS...: each rank does ACT.
begin() {
  local out=$1; export TEST_RANK=$2; shift 2
  "$launch" --launcher=slurm --spec="$work/spec.textproto" --program="$rank" \
    --launch="$work/launch.textproto" --out="$work/$out" "$@" >"$work/log" 2>&1 &
  launched=$!
}
ended() { ! kill -0 "$launched" 2>/dev/null; }
# end STATUS: of the launch.
end() {
  local status
  await 100 ended
  wait "$launched"; status=$?
  [ "$status" = "$1" ] || fail "its exit status is $status, not $1"
}
job() { sed -n 's/^launch: job \([0-9]*\) is submitted.*/\1/p' "$work/log"; }

start_slurm "$work/slurm" 2 || exit 1
echo "Slurm $(sinfo --version | cut -d' ' -f2) is up"

begin a 'true' --resume=never
end 0
expect '^the setup line$'
for r in 0 1 2 3; do
  expect "^$r: rank=$r of 4 local=$((r % 2)) of 2 master=127.0.0.1:[0-9]+ threads=1 .*resume=never attempt=1"
done
expect '^launch: job [0-9]+ COMPLETED'
[ -s "$work/a/tiny/launch/001/spec.textproto" ] || fail "no spec beside the script"
echo "two nodes of two ranks: finished"

# A rank that is killed: the others end, and srun starts all again.
begin b 'if [ $RANK$attempt = 31 ]; then kill -9 $$; fi; test $attempt = 2' --set=parallelism.restarts=1
end 0
expect 'launch: a rank failed \(status 137\); restart 1 of 1'
expect '^3: rank=3 .*attempt=2'
echo "a killed rank: started again"

# One that is killed when the run has finished: there is nothing to start again.
begin late 'if [ $RANK = 0 ]; then finish tiny/001; else sleep 1; kill -9 $$; fi' --set=parallelism.restarts=1
end 0
expect 'launch: the run had finished before a rank failed'
said 'attempt=2' 1 && fail "a finished training was begun again"
echo "a rank killed at the very end: finished"

begin c 'test $RANK != 1 || exit 2; exit 1' --set=parallelism.restarts=5
end 2
expect 'launch: the input is wrong'
said 'attempt=2' 1 && fail "wrong input was tried again"
echo "wrong input: not tried again"

# What comes before a time limit: a checkpoint, and the job goes on.
begin d 'checkpoint=tiny/001; if [ $attempt = 1 ]; then await_stop; fi' --resume=never
await 60 said ': ready' 4
await 60 said '^launch: job [0-9]+ RUNNING on node\[1-2\]' 1
scancel --batch --signal=USR1 "$(job)"
end 0
expect '^[0-3]: got signal 10'
expect "launch: stopped; job $(job) is queued again"
expect 'queued again 1 time'
for r in 0 1 2 3; do
  [ -e "$work/d/saved.$r.1" ] || fail "rank $r did not save"
  expect "^$r: rank=$r .*resume=auto attempt=2"
done
said 'Killed' 1 && fail "a rank was killed"
echo "near the time limit: saved, queued again, finished"

# Cut off before it has anything to go on from: it would be so each time.
begin short 'await_stop'
await 60 said ': ready' 4
await 60 said '^launch: job [0-9]+ RUNNING on node\[1-2\]' 1
scancel --batch --signal=USR1 "$(job)"
end 1
expect 'launch: stopped before the first new checkpoint'
said 'is queued again and goes on' 1 && fail "queued again for nothing"
echo "a time limit that is too short: not queued again"

# Slurm is told to take the nodes away: one signal to each rank, no more.
begin e 'if [ $attempt = 1 ]; then await_stop; fi'
await 60 said ': ready' 4
# Slurm refuses while it still notes that the job runs.
await 60 scontrol requeue "$(job)"
end 0
for r in 0 1 2 3; do
  [ -e "$work/e/saved.$r.1" ] || fail "rank $r did not save"
  expect "^$r: rank=$r .*resume=auto attempt=2"
done
said 'is queued again and goes on' 1 && fail "queued again twice"
echo "requeued: saved, queued again, finished"

# Slurm starts a job again that has done all: there is nothing to do.
begin done 'test $RANK != 0 || finish tiny/001'
end 0
await 60 scontrol requeue "$(job)"
await 60 grep -qF "has finished already" "$work/done/tiny/launch/001/output"
[ -e "$work/done/started.0.2" ] && fail "a finished training was begun again"
echo "queued again after its end: nothing is done"

# Ctrl-C of the launch leaves the job; scancel ends it, for good.
begin f 'await_stop'
await 60 said ': ready' 4
kill -TERM "$launched"
end 143
expect "launch: job $(job) goes on without this command"
scancel "$(job)"
gone() { [ -z "$(squeue --noheader --job="$(job)" 2>/dev/null)" ]; }
await 60 gone
[ -e "$work/f/saved.0.1" ] || fail "rank 0 did not save"
scontrol show job -o "$(job)" | grep -q 'JobState=CANCELLED' || fail "not cancelled: $(scontrol show job -o "$(job)")"
echo "cancelled: saved, not queued again"

begin g 'true' --follow=false
end 0
expect 'scancel'
begin h 'true' --slurm=partition=none
end 1
expect 'sbatch: .*partition'
echo "PASSED"
