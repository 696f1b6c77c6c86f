#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One training on 2 and on 4 'hosts' (network namespaces), a process on each, over
# TCP: it completes. Then one host's cable is pulled while it goes on: all others
# end within the time-out and name it. With the cable back the same commands end
# with the same weights as the run that nothing happened to.
set -u
source tools/ci/network_hosts.sh
network_hosts_possible || { echo "skipped: $network_hosts_why"; exit 0; }

launch=$PWD/experiments/launch/launch_main
work=$(mktemp -d /tmp/network-training.XXXXXX)
cleanup() { network_hosts_down; rm -rf "$work"; }

fail() {
  echo "FAILED: $*"
  for log in "$work"/*.log; do echo "--- $log"; cat "$log"; done
  cleanup
  exit 1
}

# start HOSTS OUT FLAGS...: the same command on every host.
start() {
  local hosts=$1 out=$2 host
  shift 2
  launches=()
  for ((host = 0; host < hosts; host++)); do
    on_host "$host" "$launch" --program="$PWD/experiments/registry/train" \
      --spec=experiments/launch/testdata/tiny.textproto \
      --set='snclr={ neighbors: 3 bank { rows: 160 scope: GLOBAL } }' \
      --nodes="$hosts" --node_rank="$host" \
      --master="$(network_host_address 0):29500" --out="$work/$out" "$@" \
      >"$work/$out.$host.log" 2>&1 &
    launches+=("$!")
  done
}

# expect_status HOST STATUS
expect_status() {
  local status=0
  wait "${launches[$1]}" || status=$?
  [ "$status" = "$2" ] || fail "host$1 ended with $status, not $2"
}

weights() { sed -n 's/.*, weights \([0-9a-f]*\)$/\1/p' "$work/$1.0.log" | tail -n 1; }

# Until rank 0 has left a checkpoint.
await_checkpoint() {
  local tries
  for tries in {1..1200}; do
    if compgen -G "$work/$1/tiny/001/checkpoint-*.safetensors" >/dev/null; then return 0; fi
    sleep 0.05
  done
  fail "no checkpoint in $1"
}

for hosts in 2 4; do
  network_hosts_up "$hosts" || exit 1
  trap cleanup EXIT
  last=$((hosts - 1))

  start "$hosts" "whole$hosts"
  for ((host = 0; host < hosts; host++)); do expect_status "$host" 0; done
  wanted=$(weights "whole$hosts")
  [ -n "$wanted" ] || fail "no weights"
  echo "$hosts hosts: finished, weights $wanted"

  start "$hosts" "cut$hosts"
  await_checkpoint "cut$hosts"
  network_host_link "$last" down
  cut=$SECONDS
  for ((host = 0; host < hosts; host++)); do expect_status "$host" 1; done
  echo "$hosts hosts, host$last cut off: all have ended after $((SECONDS - cut)) s"
  for ((host = 0; host < last; host++)); do
    grep -qF "rank $last (host$last) has not been heard of" "$work/cut$hosts.$host.log" ||
      fail "host$host does not name host$last"
  done
  grep -hF "has not been heard of" "$work/cut$hosts.0.log" | tail -n 1

  network_host_link "$last" up
  start "$hosts" "cut$hosts"
  for ((host = 0; host < hosts; host++)); do expect_status "$host" 0; done
  grep -qF "continues after step" "$work/cut$hosts.0.log" || fail "it did not go on"
  [ "$(weights "cut$hosts")" = "$wanted" ] || fail "other weights: $(weights "cut$hosts")"
  echo "$hosts hosts: the restart ends with the same weights"

  # By itself, where the spec lets it start again; the cable comes back.
  start "$hosts" "again$hosts" --set=parallelism.restarts=5
  await_checkpoint "again$hosts"
  network_host_link "$last" down
  sleep 8
  network_host_link "$last" up
  for ((host = 0; host < hosts; host++)); do expect_status "$host" 0; done
  grep -qF "restart 1 of 5" "$work/again$hosts.0.log" || fail "it was not started again"
  [ "$(weights "again$hosts")" = "$wanted" ] || fail "other weights: $(weights "again$hosts")"
  echo "$hosts hosts: started again by itself, the same weights"
  network_hosts_down
done
echo PASSED
