// SPDX-License-Identifier: MIT
#include "snclr/core/dist/rendezvous.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/dist/slurm_lists.h"

namespace snclr {
namespace {

constexpr int64_t kMostRanks = 1 << 20;

// A variable that was found, for messages.
struct Variable {
  std::string name;
  std::string value;

  std::string Shown() const { return absl::StrCat(name, " is '", value, "'"); }
};

std::optional<Variable> Find(const Lookup& lookup,
                             std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto value = lookup(name); value && !value->empty()) {
      return Variable{name, *value};
    }
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> Number(const Variable& variable, int64_t least,
                               int64_t most) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(variable.value, &number) || number < least ||
      number > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(variable.Shown(), "; wanted a whole number from ", least,
                     " to ", most));
  }
  return number;
}

absl::StatusOr<int64_t> NumberOr(const std::optional<Variable>& variable,
                                 int64_t least, int64_t most,
                                 int64_t otherwise) {
  if (!variable) return otherwise;
  return Number(*variable, least, most);
}

// Rank and size of `place` from their variables.
absl::Status ReadRank(const Variable& rank, const Variable& size,
                      Rendezvous& place) {
  ASSIGN_OR_RETURN(place.size, Number(size, 1, kMostRanks));
  ASSIGN_OR_RETURN(place.rank, Number(rank, 0, kMostRanks));
  if (place.rank < place.size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(rank.Shown(), ", but ", size.Shown(),
                   ": ranks go from 0 to ", place.size - 1));
}

absl::Status CheckLocal(const Rendezvous& place) {
  if (place.local_rank < place.local_size && place.local_size <= place.size) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "this is process ", place.local_rank, " of ", place.local_size,
      " on this host, and of ", place.size,
      " in all, which does not fit; look at LOCAL_RANK, LOCAL_WORLD_SIZE and "
      "WORLD_SIZE"));
}

absl::StatusOr<Rendezvous> FromTorchrun(const Lookup& lookup) {
  Rendezvous place;
  const auto rank = Find(lookup, {"RANK"});
  const auto size = Find(lookup, {"WORLD_SIZE"});
  if (!size) {
    return absl::InvalidArgumentError(
        absl::StrCat(rank->Shown(), ", but WORLD_SIZE is not set"));
  }
  if (!rank && size->value != "1") {
    return absl::InvalidArgumentError(
        absl::StrCat(size->Shown(), ", but RANK is not set"));
  }
  RETURN_IF_ERROR(ReadRank(rank.value_or(Variable{"RANK", "0"}), *size, place));
  ASSIGN_OR_RETURN(place.local_rank,
                   NumberOr(Find(lookup, {"LOCAL_RANK"}), 0, kMostRanks, 0));
  ASSIGN_OR_RETURN(place.local_size,
                   NumberOr(Find(lookup, {"LOCAL_WORLD_SIZE"}), 1, kMostRanks,
                            place.local_rank + 1));
  RETURN_IF_ERROR(CheckLocal(place));
  if (const auto address = Find(lookup, {"MASTER_ADDR"})) {
    place.address = address->value;
  }
  ASSIGN_OR_RETURN(place.port,
                   NumberOr(Find(lookup, {"MASTER_PORT"}), 1, 65535, 0));
  return place;
}

absl::StatusOr<Rendezvous> FromSlurm(const Lookup& lookup) {
  Rendezvous place;
  RETURN_IF_ERROR(ReadRank(*Find(lookup, {"SLURM_PROCID"}),
                           *Find(lookup, {"SLURM_STEP_NUM_TASKS"}), place));
  ASSIGN_OR_RETURN(place.local_rank,
                   NumberOr(Find(lookup, {"SLURM_LOCALID"}), 0, kMostRanks, 0));
  ASSIGN_OR_RETURN(const int64_t node,
                   NumberOr(Find(lookup, {"SLURM_NODEID"}), 0, kMostRanks, 0));
  std::optional<int64_t> here;
  if (const auto tasks =
          Find(lookup, {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"})) {
    here = SlurmTasksOnNode(tasks->value, node);
  }
  place.local_size = std::max(here.value_or(1), place.local_rank + 1);

  if (const auto hosts =
          Find(lookup, {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"})) {
    place.address = FirstSlurmHost(hosts->value);
  }
  const int64_t most = int64_t{1} << 40;
  ASSIGN_OR_RETURN(
      const int64_t job,
      NumberOr(Find(lookup, {"SLURM_JOB_ID", "SLURM_JOBID"}), 0, most, 0));
  ASSIGN_OR_RETURN(
      const int64_t step,
      NumberOr(Find(lookup, {"SLURM_STEP_ID", "SLURM_STEPID"}), 0, most, 0));
  place.port = static_cast<int>(20000 + (10 * job + step) % 10000);
  return place;
}

// "[::1]", as a port's neighbour has to be written, is the address ::1.
std::string WithoutBrackets(std::string address) {
  if (absl::StartsWith(address, "[") && absl::EndsWith(address, "]") &&
      absl::StrContains(address, ":")) {
    return address.substr(1, address.size() - 2);
  }
  return address;
}

}  // namespace

std::string Where(const Rendezvous& place) {
  if (absl::StrContains(place.address, ":")) {
    return absl::StrCat("[", place.address, "]:", place.port);
  }
  return absl::StrCat(place.address, ":", place.port);
}

std::optional<std::string> FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

absl::StatusOr<Rendezvous> FindRendezvous(absl::string_view address_from_spec,
                                          int port_from_spec,
                                          const Lookup& lookup) {
  Rendezvous place;
  if (Find(lookup, {"RANK", "WORLD_SIZE"})) {
    ASSIGN_OR_RETURN(place, FromTorchrun(lookup));
  } else if (Find(lookup, {"SLURM_PROCID"}) &&
             Find(lookup, {"SLURM_STEP_NUM_TASKS"})) {
    ASSIGN_OR_RETURN(place, FromSlurm(lookup));
  }
  if (place.size == 1) {
    place.address.clear();
    place.port = 0;
    return place;
  }
  if (!address_from_spec.empty()) {
    place.address = std::string(address_from_spec);
  }
  place.address = WithoutBrackets(std::move(place.address));
  if (port_from_spec != 0) place.port = port_from_spec;
  if (place.address.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("this is rank ", place.rank, " of ", place.size,
                     ", but nothing says where rank 0 is: set MASTER_ADDR, or "
                     "parallelism.master_address in the spec"));
  }
  if (place.port == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "this is rank ", place.rank, " of ", place.size,
        ", but nothing says at which port of ", place.address,
        " they meet: set MASTER_PORT, or parallelism.master_port in the spec"));
  }
  return place;
}

}  // namespace snclr
