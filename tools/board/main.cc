// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <csignal>
#include <iostream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "tools/board/board.h"

DEFINE_string(runs, "runs", "the output folder whose tracker.sqlite is read");
DEFINE_string(db, "", "a tracker database, instead of the one in --runs");
DEFINE_int32(port, 8080, "where it listens, on 127.0.0.1; 0: any free port");
DEFINE_string(
    group_by, "",
    "fields with commas: a group for each combination of their values."
    " Left out: runs whose specs are equal but for the seed");
DEFINE_string(value, "last",
              "which of a metric's values stands for a run: last, best, or"
              " mean:K for the mean of the last K");
DEFINE_string(baseline, "",
              "a condition that names the group others are compared with, such"
              " as method=moco_v3. Left out: the first one of several runs");

namespace {

constexpr char kAbout[] =
    "Shows what runs come to while they run, at http://127.0.0.1:8080, until\n"
    "Ctrl-C.";

absl::Status Serve(const snclr::BoardOptions& options) {
  if (options.port < 0 || options.port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("--port=", options.port, ": wanted 0 to 65535"));
  }
  // Blocked in every thread that starts from here, and waited for in this one.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  ASSIGN_OR_RETURN(const auto board, snclr::Board::Start(options));
  std::cout << board->address() << " shows " << options.report.db_path
            << "; Ctrl-C ends it" << std::endl;
  int signal = 0;
  sigwait(&stop, &signal);
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      kAbout,
      {{"metric",
        "names of metrics, with commas, the deciding one first; repeatable."
        " Left out: every top-1 accuracy, and the loss"},
       {"where",
        "conditions with commas or AND, such as method=snclr, name=quick*;"
        " repeatable"}},
      argc, argv);
  snclr::BoardOptions options;
  options.report.db_path = snclr::UserPath(
      FLAGS_db.empty() ? snclr::DefaultTrackerPath(FLAGS_runs) : FLAGS_db);
  options.report.metrics = line.repeated.at("metric");
  options.report.where = line.repeated.at("where");
  options.report.group_by = FLAGS_group_by;
  options.report.value = FLAGS_value;
  options.report.baseline = FLAGS_baseline;
  options.port = FLAGS_port;
  return snclr::ExitStatus(Serve(options));
}
