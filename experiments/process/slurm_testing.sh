# SPDX-License-Identifier: MIT
# Slurm itself for a test, sourced: munge, slurmctld and slurmd on this machine,
# in a folder that goes with the test. Wants root, as Slurm's daemons do.
#
#   . experiments/process/slurm_testing.sh
#   skip_without_slurm "$@"
#   trap stop_slurm EXIT
#   start_slurm "$work/slurm" 2 || exit 1    # two nodes, node1 and node2
#
# The nodes are daemons on loopback, of two CPUs each whatever the machine has.
# Partition "test" is where jobs go; one in "urgent" pre-empts them, which have 30
# seconds to leave. A job that is requeued is due again after 5 seconds.
PATH=/usr/bin:/bin:/usr/sbin:/sbin
slurm_daemons=()

skip_without_slurm() {
  if [ "$(id -u)" != 0 ]; then
    echo "skipped: slurmd and munged run as root, this test does not"
    exit 0
  fi
  local program
  for program in munged slurmctld slurmd sbatch srun squeue scontrol; do
    command -v $program >/dev/null || { echo "skipped: no $program here"; exit 0; }
  done
  # Slurm looks this machine's name up, again and again where that is in vain:
  # then the script starts anew where the name, for it alone, is another.
  if ! getent hosts "$(uname -n)" >/dev/null; then
    unshare --uts true 2>/dev/null || { echo "skipped: $(uname -n) does not resolve"; exit 0; }
    exec unshare --uts "$BASH" -c 'hostname localhost && exec "$BASH" "$0" "$@"' "$0" "$@"
  fi
}

# Ends all jobs and the daemons, slurmd first, munge last.
stop_slurm() {
  [ ${#slurm_daemons[@]} -gt 0 ] || return 0
  scancel --user=root >/dev/null 2>&1
  local i
  for ((i = ${#slurm_daemons[@]} - 1; i >= 0; --i)); do kill "${slurm_daemons[i]}" 2>/dev/null; done
  # They have a moment to leave; slurmd would wait for its jobs.
  for _ in $(seq 50); do
    kill -0 "${slurm_daemons[@]}" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "${slurm_daemons[@]}" 2>/dev/null
  slurm_daemons=()
}

# start_slurm DIR NODES. Its daemons' logs are DIR/*.log.
start_slurm() {
  local dir=$1 nodes=$2 port=$((20000 + $$ % 20000)) i
  mkdir -p "$dir/state"
  (umask 077; mkdir "$dir/munge"; head -c 128 /dev/urandom >"$dir/munge/key")
  munged --force --foreground --key-file="$dir/munge/key" \
    --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge.log" --seed-file="$dir/munge/seed" >"$dir/munged.log" 2>&1 &
  slurm_daemons+=($!)
  cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
SlurmctldPort=$port
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
MailProg=/bin/true
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
CONF
  for i in $(seq "$nodes"); do
    echo "NodeName=node$i NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=2 State=UNKNOWN"
  done >>"$dir/slurm.conf"
  cat >>"$dir/slurm.conf" <<'CONF'
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=30
PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=2
CONF
  export SLURM_CONF=$dir/slurm.conf
  for _ in $(seq 100); do [ -S "$dir/munge/socket" ] && break; sleep 0.1; done
  slurmctld -D -f "$SLURM_CONF" >"$dir/slurmctld.out.log" 2>&1 &
  slurm_daemons+=($!)
  for i in $(seq "$nodes"); do
    mkdir -p "$dir/spool.node$i"
    slurmd -D -N "node$i" -f "$SLURM_CONF" >"$dir/slurmd.node$i.out.log" 2>&1 &
    slurm_daemons+=($!)
  done
  for _ in $(seq 300); do
    [ "$(sinfo --noheader --Node --partition=test --states=idle 2>/dev/null | wc -l)" = "$nodes" ] && return
    sleep 0.1
  done
  echo "Slurm did not start"
  tail -n 15 "$dir"/*.log
  return 1
}
