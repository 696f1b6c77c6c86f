#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What several ranks cost: the bytes of a step as the network counts them, and
# the speed of two ranks on two cores against one.
#
#   tools/bazel run //tools/bench:scaling
#   tools/bazel run //tools/bench:scaling -- --steps=60 --set=snclr.neighbors=10
#
# Every --set is one of //experiments:launch, after the benchmark's own: SNCLR on
# the quickstart's encoder, K = 30. Ranks are processes that meet over loopback in
# a network of their own, so nothing else is counted; what a step sends is the
# difference between a longer run and a shorter one, by the number of steps.
# Needs root, or user namespaces that anyone may make.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  for make in "unshare --net" "unshare --user --map-root-user --net"; do
    # shellcheck disable=SC2086  # a command with its options
    if $make true 2>/dev/null; then exec $make "$BASH" "$0" --inside "$@"; fi
  done
  echo "error: a network of its own needs root, or user namespaces for all" >&2
  exit 2
fi
shift
ip link set lo up

steps=40 sets=()
for flag in "$@"; do
  case $flag in
    --steps=*) steps=${flag#--steps=} ;;
    --set=*) sets+=("$flag") ;;
    *) echo "error: unknown flag $flag; wanted --steps=N or --set=PATH=VALUE" >&2; exit 2 ;;
  esac
done
case $steps in
  ''|*[!0-9]*|0*) echo "error: --steps=$steps: wanted a number above 0" >&2; exit 2 ;;
esac

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Bytes that have been sent here. Not from /sys, which shows the network of whoever
# mounted it.
sent() { awk '$1 == "lo:" { print $10 }' /proc/net/dev; }

# train NAME RANKS THREADS STEPS FLAGS...: prints the bytes that crossed the
# network, and the images per second while it trained.
train() {
  local name=$1 ranks=$2 threads=$3 count=$4 before after
  shift 4
  before=$(sent)
  experiments/launch/launch_main --program="$PWD/experiments/registry/train" \
    --spec="$PWD/experiments/specs/quickstart.textproto" --resume=never \
    --procs_per_node="$ranks" --out="$out/$name" --max_steps="$count" \
    --set=snclr.neighbors=30 --set=parallelism.threads="$threads" \
    --set=evaluation.knn.every_epochs=0 --set=evaluation.knn.untrained=false \
    --set=tracking.tensorboard=false "$@" "${sets[@]}" >"$out/log" 2>&1 ||
    { tail -n 5 "$out/log" >&2; exit 1; }
  after=$(sent)
  echo $((after - before)) "$(sed -n 's/.*, \([0-9.,]*\) images.s while training.*/\1/p' "$out/log" | tr -d ,)"
}

# bytes NAME RANKS FLAGS...: what one rank sends in a step.
bytes() {
  local name=$1 ranks=$2 short long
  shift 2
  read -r short _ <<<"$(train "$name" "$ranks" 1 10 "$@")"
  read -r long _ <<<"$(train "$name" "$ranks" 1 $((10 + steps)) "$@")"
  echo $(((long - short) / steps / ranks))
}

for ranks in 2 4; do
  own=$(bytes "own$ranks" "$ranks" --set=snclr.bank.scope=LOCAL)
  shared=$(bytes "shared$ranks" "$ranks" --set=snclr.bank.scope=GLOBAL)
  none=$(bytes "none$ranks" "$ranks" --set=snclr.neighbors=0)
  awk -v ranks="$ranks" -v own="$own" -v shared="$shared" -v none="$none" 'BEGIN {
    printf "bytes sent in a step by each of %d ranks: published=%d global_bank=%d ratio=%.2f\n",
           ranks, own, shared, own / shared
    printf "of these for neighbours, by each of %d ranks: published=%d global_bank=%d ratio=%.1f\n",
           ranks, own - none, shared - none, (own - none) / (shared - none)
  }'
done

# In turns, so that what slows the machine for a while meets all.
speed() { read -r _ images <<<"$(train "speed$1$2" "$1" "$2" $((10 + steps)) --set=snclr.bank.scope=GLOBAL)"; echo "$images"; }
for turn in 1 2 3; do
  echo "$(speed 1 1) $(speed 1 2) $(speed 2 1)"
done | awk '
  function median(a, n,    i, j, t) {
    for (i = 1; i <= n; ++i) for (j = i + 1; j <= n; ++j) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
  }
  { one[NR] = $1; threads[NR] = $2; ranks[NR] = $3 }
  END {
    a = median(one, NR); b = median(threads, NR); c = median(ranks, NR)
    printf "images/s: one_rank_one_thread=%.0f one_rank_two_threads=%.0f two_ranks_one_thread=%.0f\n", a, b, c
    printf "efficiency of two ranks: against_one_rank_with_both_cores=%.2f against_twice_one_core=%.2f\n", c / b, c / (2 * a)
  }'
