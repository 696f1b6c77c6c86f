// SPDX-License-Identifier: MIT
// Trials as tasks of Slurm job arrays.
#ifndef EXPERIMENTS_SWEEP_SLURM_LAUNCHER_H_
#define EXPERIMENTS_SWEEP_SLURM_LAUNCHER_H_

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "experiments/proto/sweep.pb.h"
#include "experiments/sweep/launcher.h"

namespace snclr {

// The name of a sweep's jobs: "neighbors-<digest of its folder>", so that the
// same sweep finds its jobs again and no other one does.
std::string SlurmJobName(const std::string& sweep, const std::string& folder);

// Each Start() is one sbatch of one array, a task a trial; its scripts are in
// <sweep's folder>/slurm/<n>/, <task>.<hash>.sh. Needs sbatch, squeue and
// scontrol in the PATH; no accounting database: how a task ended is asked of
// the controller (scontrol) while it remembers, and is for the tracker to say
// after that. Jobs live on without this process; Create() finds those that are
// still queued or running.
class SlurmLauncher : public Launcher {
 public:
  // `folder` is the sweep's, on a file system that the nodes share. Unavailable
  // where there is no Slurm or it does not answer.
  static absl::StatusOr<std::unique_ptr<SlurmLauncher>> Create(
      const SlurmSpec& spec, const std::string& sweep,
      const std::string& folder, int jobs);

  size_t Room() const override;
  absl::Status Start(const std::vector<TrialCommand>& commands) override;
  absl::StatusOr<std::vector<TrialEnd>> Poll() override;
  std::set<std::string> Alive() const override;
  bool Interrupt(int signal) override { return false; }
  std::string Describe() const override;
  int threads() const override { return spec_.cpus(); }

 private:
  SlurmLauncher(const SlurmSpec& spec, const std::string& name,
                const std::string& folder, int jobs)
      : spec_(spec), name_(name), folder_(folder), jobs_(jobs) {}

  // The tasks in the queue: hash by "<array job>_<task>".
  absl::StatusOr<std::map<std::string, std::string>> Queue() const;
  std::string Header(size_t tasks, const std::string& scripts) const;

  const SlurmSpec spec_;
  const std::string name_;
  const std::string folder_;
  const int jobs_;
  std::map<std::string, std::string> tasks_;  // as Queue()
  absl::Time asked_ = absl::InfinitePast();
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SLURM_LAUNCHER_H_
