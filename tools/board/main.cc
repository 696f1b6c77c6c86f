// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <csignal>
#include <iostream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "tools/board/board.h"
#include "tools/report/report_flags.h"

DEFINE_int32(port, 8080, "where it listens, on 127.0.0.1; 0: any free port");

namespace {

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
      "Shows what runs come to while they run, at http://127.0.0.1:8080,\n"
      "until Ctrl-C.",
      snclr::ReportFlags(), argc, argv);
  snclr::BoardOptions options;
  options.report = snclr::ReportOptionsFromFlags(line);
  options.port = FLAGS_port;
  return snclr::ExitStatus(Serve(options));
}
