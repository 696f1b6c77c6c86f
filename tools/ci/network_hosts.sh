# SPDX-License-Identifier: MIT
# Several 'hosts' on one machine: network namespaces with a name and an address
# each, joined by veth cables to a bridge that is in a namespace too, so that this
# machine's own network is not touched. For scripts of bash:
#
#   source tools/ci/network_hosts.sh
#   network_hosts_possible || { echo "skipped: $network_hosts_why"; exit 0; }
#   network_hosts_up 4                  # host0 to host3
#   on_host 2 PROGRAM ARGUMENTS...      # runs it there; its exit status
#   network_host_address 2              # prints 10.77.0.3
#   network_host_link 2 down            # pulls host2's cable; up plugs it in
#   network_hosts_down                  # ends the hosts and all that runs there
#
# network_hosts_up replaces the script's EXIT trap by network_hosts_down; a script
# with a trap of its own sets it afterwards and calls network_hosts_down in it.
# The hosts share files and processes with the machine; names (host2) stand in
# messages and are no addresses. It needs iproute2 and util-linux, and root or
# user namespaces that anyone may make.

# The process that holds the bridge's namespace, and one for each host.
network_switch=
network_hosts=()
network_hosts_why=
# How to make the first namespace, and how to enter any.
_network_make=(unshare --net --uts)
_network_enter=(nsenter --net --uts)

network_hosts_possible() {
  local command
  for command in ip unshare nsenter hostname; do
    type -P "$command" >/dev/null && continue
    network_hosts_why="there is no command $command"
    return 1
  done
  if unshare --net --uts true 2>/dev/null; then return 0; fi
  _network_make=(unshare --user --map-root-user --net --uts)
  _network_enter=(nsenter --user --preserve-credentials --net --uts)
  if "${_network_make[@]}" true 2>/dev/null; then return 0; fi
  network_hosts_why="network namespaces need root, or user namespaces for all"
  return 1
}

# Prints the network namespace of process $1.
_network_of() { readlink "/proc/$1/ns/net"; }

# Waits until process $1 is in none of the namespaces of the processes after it.
_network_wait_for() {
  local holder=$1 tries other fresh
  shift
  for tries in {1..200}; do
    fresh=yes
    for other in "$@"; do
      [ "$(_network_of "$holder")" != "$(_network_of "$other")" ] || fresh=
    done
    [ -z "$fresh" ] || return 0
    sleep 0.05
  done
  echo "error: a network namespace was not made in 10 s" >&2
  return 1
}

_network_in() {
  local holder=$1
  shift
  "${_network_enter[@]}" --target "$holder" "$@"
}

network_hosts_up() {
  local count=$1 host holder
  trap network_hosts_down EXIT
  "${_network_make[@]}" sleep infinity &
  network_switch=$!
  disown
  _network_wait_for "$network_switch" self || return 1
  _network_in "$network_switch" ip link add bridge0 type bridge || return 1
  _network_in "$network_switch" ip link set bridge0 up || return 1
  for ((host = 0; host < count; host++)); do
    (exec "${_network_enter[@]}" --target "$network_switch" \
      unshare --net --uts sleep infinity) &
    holder=$!
    disown
    network_hosts+=("$holder")
    _network_wait_for "$holder" self "$network_switch" || return 1
    _network_in "$network_switch" ip link add "port$host" type veth \
      peer name eth0 netns "$holder" || return 1
    _network_in "$network_switch" ip link set "port$host" master bridge0 up || return 1
    on_host "$host" hostname "host$host" || return 1
    on_host "$host" ip link set lo up || return 1
    on_host "$host" ip address add "$(network_host_address "$host")/24" dev eth0 || return 1
    on_host "$host" ip link set eth0 up || return 1
  done
}

network_host_address() { echo "10.77.0.$(($1 + 1))"; }

on_host() {
  local host=$1
  shift
  _network_in "${network_hosts[$host]}" "$@"
}

network_host_link() {
  _network_in "$network_switch" ip link set "port$1" "$2"
}

# What is in the namespaces is killed; with the last process the kernel removes
# namespace, cable and bridge. One that was not made yet is the script's own, where
# nothing is to be killed but the process that was to make it.
network_hosts_down() {
  local holder process space spaces=" "
  for holder in "${network_hosts[@]}" $network_switch; do
    space=$(_network_of "$holder" 2>/dev/null) || continue
    if [ "$space" = "$(_network_of self)" ]; then
      kill -KILL "$holder"
    else
      spaces+="$space "
    fi
  done
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    space=$(_network_of "$process" 2>/dev/null) || continue
    case $spaces in
      *" $space "*) kill -KILL "$process" 2>/dev/null || true ;;
    esac
  done
  network_hosts=()
  network_switch=
}
