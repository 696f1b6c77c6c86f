#!/bin/sh
# SPDX-License-Identifier: MIT
# A rank for tests, in place of //experiments:train. It says where it finds
# itself, then does what TEST_RANK_<its number> says, or TEST_RANK where that is
# not set: shell commands, and those below.
set -u

out=
for word in "$@"; do
  case $word in
    --out=*) out=${word#--out=} ;;
    --spec=*) spec=${word#--spec=} ;;
    --resume=*) resume=${word#--resume=} ;;
  esac
done
mkdir -p "$out"

# How often this rank was started, this time included.
attempt=1
while ! mkdir "$out/started.$RANK.$attempt" 2>/dev/null; do attempt=$((attempt + 1)); done

# enter RUN: its folder below --out, as a training makes it; finish RUN: it has
# ended.
enter() {
  mkdir -p "$out/$1"
  [ -e "$out/$1/spec.textproto" ] || cp "$spec" "$out/$1/spec.textproto"
}
finish() {
  enter "$1"
  echo '{ "status": "finished" }' >"$out/$1/status.json"
}

# Until a signal comes; then it saves, as a training does: a checkpoint too where
# the act says checkpoint=RUN_FOLDER, below --out.
checkpoint=
stop() {
  trap '' 1 2 10 15
  echo "got signal $1"
  if [ -n "$checkpoint" ]; then
    enter "$checkpoint"
    : >"$out/$checkpoint/checkpoint-$attempt.safetensors"
  fi
  : >"$out/saved.$RANK.$attempt"
  exit $((128 + $1))
}
await_stop() {
  for signal in 1 2 10 15; do trap "stop $signal" $signal; done
  echo "ready"
  while :; do sleep 0.05; done
}

# Deaf to everything but SIGKILL.
hang() {
  trap '' 1 2 10 15
  echo "ready"
  while :; do sleep 0.05; done
}

echo "rank=$RANK of $WORLD_SIZE local=$LOCAL_RANK of $LOCAL_WORLD_SIZE" \
  "master=$MASTER_ADDR:$MASTER_PORT threads=$OMP_NUM_THREADS" \
  "cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)" \
  "gpu=${CUDA_VISIBLE_DEVICES-none} resume=$resume attempt=$attempt"
eval "act=\${TEST_RANK_$RANK-\${TEST_RANK-}}"
eval "$act"
