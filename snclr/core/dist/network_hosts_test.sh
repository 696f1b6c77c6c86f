#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One rank on each of 2 and of 4 'hosts' (network namespaces): exchanges work over
# the network between them; with one host's cable pulled all others end within the
# time-out and name it.
set -u
source tools/ci/network_hosts.sh
network_hosts_possible || { echo "skipped: $network_hosts_why"; exit 0; }

program=$PWD/snclr/core/dist/rank_program_testing
logs=${TEST_TMPDIR:-$(mktemp -d)}
failed=0

fail() {
  echo "FAILED: $*" >&2
  failed=1
}

# Starts a rank on each of $1 hosts with the flags that follow.
start_ranks() {
  local size=$1 rank
  shift
  ranks=()
  rm -f "$logs"/[0-9]*
  for ((rank = 0; rank < size; rank++)); do
    on_host "$rank" env RANK="$rank" WORLD_SIZE="$size" MASTER_PORT=29500 \
      MASTER_ADDR="$(network_host_address 0)" \
      "$program" "$@" >"$logs/$rank" 2>&1 &
    ranks+=("$!")
  done
}

# Waits until file $1 contains $2.
wait_for_line() {
  local tries
  for tries in {1..600}; do
    if grep -q "$2" "$1" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  fail "no '$2' in $1: $(cat "$1")"
}

# Rank $1 must end with status $2 and a line with $3.
expect_end() {
  local status=0
  wait "${ranks[$1]}" || status=$?
  [ "$status" = "$2" ] || fail "rank $1 ended with $status: $(cat "$logs/$1")"
  grep -qF "$3" "$logs/$1" || fail "rank $1 does not say '$3': $(cat "$logs/$1")"
  echo "rank $1: $(tail -n 1 "$logs/$1")"
}

expect_exchanges() {
  local size=$1 rank
  echo "== $size hosts exchange"
  network_hosts_up "$size" || exit 1
  start_ranks "$size" --exchanges=10
  for ((rank = 0; rank < size; rank++)); do
    expect_end "$rank" 0 "done: rank $rank (host$rank) of $size"
  done
  network_hosts_down
}

# $1 hosts, of which host $2 is cut off; the others must name it with $3.
expect_lost() {
  local size=$1 lost=$2 rank
  echo "== $size hosts, host$lost is cut off"
  network_hosts_up "$size" || exit 1
  start_ranks "$size" --timeout=5 --pause_ms=20
  for ((rank = 0; rank < size; rank++)); do
    wait_for_line "$logs/$rank" exchanging
  done
  network_host_link "$lost" down
  for ((rank = 0; rank < size; rank++)); do
    if [ "$rank" = 0 ] && [ "$lost" = 0 ] && [ "$size" != 2 ]; then
      expect_end 0 1 "error: rank 0 (host0) has heard of no other rank for "
    elif [ "$rank" = "$lost" ]; then
      expect_end "$rank" 1 "error: rank "
    else
      expect_end "$rank" 1 "error: rank $lost (host$lost)$3"
    fi
  done
  network_hosts_down
}

for size in 2 4; do
  expect_exchanges "$size"
  expect_lost "$size" $((size - 1)) " has not been heard of for "
  expect_lost "$size" 0 ", which keeps the meeting point, has not answered for "
done
exit "$failed"
