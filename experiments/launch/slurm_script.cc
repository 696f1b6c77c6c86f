// SPDX-License-Identifier: MIT
#include "experiments/launch/slurm_script.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "experiments/trainer/environment.h"

namespace snclr {
namespace {

// Below the ports that systems give to outgoing connections.
constexpr char kMeet[] = R"sh(
# Where the ranks meet: the first node, as Slurm itself reaches it.
node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_ADDR=$(scontrol show node -o "$node" | sed -n 's/.* NodeAddr=\([^ ]*\).*/\1/p')
export MASTER_ADDR=${MASTER_ADDR:-$node}
port=$((10000 + SLURM_JOB_ID % 2000 * 10))  # and nine more, for restarts
)sh";

constexpr char kStop[] = R"sh(
# field NAME of what Slurm says of this job.
field() { scontrol show job -o "$SLURM_JOB_ID" | sed -n "s/.* $1=\([^ ]*\).*/\1/p"; }
state() { field JobState; }

# SIGUSR1: the time limit is near. SIGTERM: the job is to end; where Slurm ends
# it the ranks have been told already, and a second time is not passed on.
stopping= ranks= status=138
ask_to_stop() {
  trap '' USR1 TERM
  stopping=yes
  if [ "$(state)" = RUNNING ]; then kill -USR1 "$ranks" 2>/dev/null; fi
}
trap ask_to_stop USR1 TERM
)sh";

// What became of the run: by its folder, since a rank may fail at its very end,
// and Slurm may start a job again that has nothing left to do. Then auto would
// begin another run of the same spec and seed.
constexpr char kRun[] = R"sh(
# run_with FILE: the newest run of this spec whose FILE is younger than the job.
run_with() {
  local id
  for id in $(ls "$runs" 2>/dev/null | sort -rV); do
    [ "$runs/$id/$1" -nt "$job/job.sh" ] || continue
    cmp -s "$runs/$id/spec.textproto" "$job/spec.textproto" || continue
    echo "$runs/$id"
    return
  done
}
is_finished() { grep -qsE '"status": *"finished"' "$(run_with status.json)/status.json"; }

if is_finished; then
  echo "launch: the run has finished already"
  exit 0
fi
[ -z "$(run_with spec.textproto)" ] || resume=$resume_again
)sh";

// A trapped signal ends bash's wait, not srun.
constexpr char kLoop[] = R"sh(
for ((attempt = 0; ; ++attempt)); do
  [ -z "$stopping" ] || break
  export MASTER_PORT=$((port + attempt % 10))
  run_ranks &
  ranks=$!
  while kill -0 "$ranks" 2>/dev/null; do wait "$ranks"; done
  wait "$ranks"; status=$?
  if is_finished; then
    [ "$status" = 0 ] || echo "launch: the run had finished before a rank failed (status $status)"
    exit 0
  fi
  case $status in
    0) exit 0 ;;
    2) echo "launch: the input is wrong, see above"; exit 2 ;;
    129|130|138|143) stopping=yes ;;  # each rank made its checkpoint
  esac
  [ -z "$stopping" ] || break
  if [ "$attempt" -ge "$restarts" ]; then
    echo "launch: a rank failed (status $status), after $attempt restarts"
    exit "$status"
  fi
  [ -z "$(run_with spec.textproto)" ] || resume=$resume_again
  echo "launch: a rank failed (status $status); restart $((attempt + 1)) of $restarts"
  sleep $((attempt < 5 ? 1 << attempt : 30)) & wait $!
done

# Not where the job was cancelled, or Slurm queues it again by itself: one that is
# pre-empted would be queued twice.
preempted=$(field PreemptTime)
if [ "${preempted:-None}" != None ]; then
  echo "launch: stopped to make way for another job; Slurm queues job $SLURM_JOB_ID again"
elif [ "$(state)" = RUNNING ]; then
  if [ -z "$(find "$runs" -name 'checkpoint-*' -newer "$begun" -print -quit 2>/dev/null)" ]; then
    echo "launch: stopped before the first new checkpoint, as it would be again: not queued;"
    echo "        slurm.time_minutes and slurm.signal_seconds say how long a job has"
    exit "$status"
  fi
  echo "launch: stopped; job $SLURM_JOB_ID is queued again and goes on from its checkpoint"
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
)sh";

std::string Options(const LaunchSpec& launch, const std::string& name,
                    const std::string& output) {
  const LaunchSlurmSpec& slurm = launch.slurm();
  std::vector<std::string> options = {
      absl::StrCat("--job-name=", name),
      absl::StrCat("--nodes=", launch.nodes()),
      absl::StrCat("--ntasks-per-node=", launch.procs_per_node()),
      absl::StrCat("--cpus-per-task=", slurm.cpus_per_task()),
      absl::StrCat("--output=", absl::StrReplaceAll(output, {{"%", "%%"}})),
      "--open-mode=append",
      "--requeue",
      absl::StrCat("--signal=B:USR1@", slurm.signal_seconds()),
  };
  if (slurm.gpus_per_node() > 0) {
    options.push_back(absl::StrCat("--gpus-per-node=", slurm.gpus_per_node()));
  }
  if (slurm.has_partition()) {
    options.push_back("--partition=" + slurm.partition());
  }
  if (slurm.has_account()) options.push_back("--account=" + slurm.account());
  if (slurm.has_memory()) options.push_back("--mem=" + slurm.memory());
  if (slurm.has_time_minutes()) {
    options.push_back(absl::StrCat("--time=", slurm.time_minutes()));
  }
  std::string text;
  for (const std::string& option : options) {
    absl::StrAppend(&text, "#SBATCH ", ShellQuoted(option), "\n");
  }
  // As they are: one may be two words.
  for (const std::string& option : slurm.options()) {
    absl::StrAppend(&text, "#SBATCH ", option, "\n");
  }
  return text;
}

// What each rank does before it becomes the program.
std::string RankShell(const LaunchSpec& launch) {
  std::string text = absl::StrCat(
      "export RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID WORLD_SIZE=",
      launch.nodes() * launch.procs_per_node(),
      " LOCAL_WORLD_SIZE=", launch.procs_per_node(), "\n");
  if (const int gpus = launch.slurm().gpus_per_node()) {
    absl::StrAppend(
        &text,
        "export CUDA_VISIBLE_DEVICES=$(echo \"$CUDA_VISIBLE_DEVICES\" | ",
        "cut -d, -f$((SLURM_LOCALID % ", gpus, " + 1)))\n");
  }
  return text + "exec \"$@\"";
}

}  // namespace

std::string SlurmScript(const LaunchSpec& launch, const ExperimentSpec& spec,
                        const TrainCommand& command,
                        const std::string& output) {
  const LaunchSlurmSpec& slurm = launch.slurm();
  const ParallelismSpec& parallelism = spec.parallelism();
  std::string script = absl::StrCat(
      "#!/bin/bash\n", Options(launch, spec.name(), output),
      "# Written by //experiments:launch for ", spec.name(), ": ",
      launch.nodes() * launch.procs_per_node(), " ranks of one training.\n");
  if (slurm.setup_size() > 0) {
    absl::StrAppend(&script, "\n", absl::StrJoin(slurm.setup(), "\n"), "\n");
  }
  absl::StrAppend(&script, kMeet);
  if (parallelism.has_master_address()) {
    absl::StrAppend(&script, "export MASTER_ADDR=",
                    ShellQuoted(parallelism.master_address()), "\n");
  }
  if (parallelism.has_master_port()) {
    absl::StrAppend(&script, "port=", parallelism.master_port(), "\n");
  }
  absl::StrAppend(
      &script, "export OMP_NUM_THREADS=",
      parallelism.threads() > 0 ? parallelism.threads() : slurm.cpus_per_task(),
      "\nexport OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}\n", kStop);

  const std::string again = ResumeAgain(command.resume);
  absl::StrAppend(&script, "\nrestarts=", parallelism.restarts(),
                  "  # of the ranks, within this job\n",
                  "resume=", ShellQuoted(command.resume),
                  "\nresume_again=", ShellQuoted(again), "\n",
                  "job=", ShellQuoted(output.substr(0, output.rfind('/'))),
                  "\nruns=", ShellQuoted(command.out + "/" + spec.name()),
                  "\nbegun=$(mktemp)  # a checkpoint of this start is newer\n",
                  "trap 'rm -f \"$begun\"' EXIT\n", kRun);
  std::vector<std::string> words;
  for (const std::string& word : command.enter) {
    words.push_back(ShellQuoted(word));
  }
  for (const std::string& word : ArgumentsOf(command)) {
    words.push_back(ShellQuoted(word));
  }
  absl::StrAppend(&script,
                  "\nrun_ranks() {\n  exec srun --nodes=", launch.nodes(),
                  " --ntasks=", launch.nodes() * launch.procs_per_node(),
                  " --ntasks-per-node=", launch.procs_per_node(),
                  " --cpus-per-task=", slurm.cpus_per_task(),
                  " \\\n    --distribution=block --kill-on-bad-exit=0 --label",
                  " \\\n    /bin/sh -c ", ShellQuoted(RankShell(launch)),
                  " rank \\\n    ", absl::StrJoin(words, " \\\n    "),
                  " \\\n    --resume=\"$resume\"\n}\n", kLoop);
  return script;
}

}  // namespace snclr
