// SPDX-License-Identifier: MIT
#include "experiments/launch/placement.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "experiments/process/cores.h"

namespace snclr {
namespace {

// /dev/nvidia0, /dev/nvidia1, ...: those that a container is given, too.
int CountNvidiaDevices() {
  int count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/dev", error)) {
    const std::string name = entry.path().filename();
    absl::string_view number = name;
    int ignored = 0;
    if (absl::ConsumePrefix(&number, "nvidia") &&
        absl::SimpleAtoi(number, &ignored)) {
      ++count;
    }
  }
  return count;
}

}  // namespace

std::vector<std::string> VisibleDevices(int count, const char* visible) {
  std::vector<std::string> devices;
  if (visible == nullptr) {
    for (int i = 0; i < count; ++i) devices.push_back(absl::StrCat(i));
    return devices;
  }
  for (absl::string_view device : absl::StrSplit(visible, ',')) {
    device = absl::StripAsciiWhitespace(device);
    int number = 0;
    // CUDA ends the list at the first one that is no device: "-1" is the usual
    // word for none.
    if (device.empty() || (absl::SimpleAtoi(device, &number) &&
                           (number < 0 || number >= count))) {
      break;
    }
    devices.emplace_back(device);
  }
  return devices;
}

Machine ThisMachine() {
  return {AllowedCores(), VisibleDevices(CountNvidiaDevices(),
                                         std::getenv("CUDA_VISIBLE_DEVICES"))};
}

absl::StatusOr<std::vector<Placement>> PlaceRanks(
    const Topology& topology, const Machine& machine,
    const PlacementOptions& options) {
  const int processes = topology.procs_per_node;
  const int cores = static_cast<int>(machine.cores.size());
  const int devices = static_cast<int>(machine.devices.size());
  if (devices > 0 && processes > devices && !options.gloo) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--procs_per_node=", processes, ": this machine has ", devices,
        devices == 1 ? " GPU" : " GPUs",
        ", and each process wants its own; CUDA_VISIBLE_DEVICES= (empty) "
        "trains on the CPU, --set=parallelism.backend=GLOO lets processes "
        "share a GPU"));
  }
  std::vector<Placement> placements;
  for (int i = 0; i < processes; ++i) {
    Placement placement;
    placement.rank = topology.first_rank() + i;
    placement.local_rank = i;
    if (options.pin && processes <= cores) {
      const auto first = machine.cores.begin();
      placement.cores.assign(first + i * cores / processes,
                             first + (i + 1) * cores / processes);
    }
    placement.threads = options.threads > 0
                            ? options.threads
                            : ThreadsPerProcess(processes, cores);
    if (devices > 0) placement.device = machine.devices[i % devices];
    placements.push_back(std::move(placement));
  }
  return placements;
}

std::map<std::string, std::string> RankVariables(
    const Placement& placement, const Topology& topology,
    const std::string& master_address, int master_port) {
  std::map<std::string, std::string> variables = {
      {"RANK", absl::StrCat(placement.rank)},
      {"WORLD_SIZE", absl::StrCat(topology.ranks())},
      {"LOCAL_RANK", absl::StrCat(placement.local_rank)},
      {"LOCAL_WORLD_SIZE", absl::StrCat(topology.procs_per_node)},
      {"MASTER_ADDR", master_address},
      {"MASTER_PORT", absl::StrCat(master_port)},
      {"OMP_NUM_THREADS", absl::StrCat(placement.threads)},
  };
  if (placement.device) variables["CUDA_VISIBLE_DEVICES"] = *placement.device;
  return variables;
}

std::string FormatCores(const std::vector<int>& cores) {
  std::string text;
  for (size_t begin = 0, end = 0; begin < cores.size(); begin = end) {
    for (end = begin + 1;
         end < cores.size() && cores[end] == cores[end - 1] + 1;) {
      ++end;
    }
    absl::StrAppend(&text, text.empty() ? "" : ",", cores[begin]);
    if (end - begin > 1) absl::StrAppend(&text, "-", cores[end - 1]);
  }
  return text;
}

}  // namespace snclr
