// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "snclr/core/base/command_line.h"
#include "tools/report/report.h"
#include "tools/report/report_flags.h"

DEFINE_string(out, "report.html", "the file that is written");

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      "Writes what runs came to as one HTML file that needs nothing else:\n"
      "  --out=report.html --where='name=quick*' --baseline=method=moco_v3",
      snclr::ReportFlags(), argc, argv);
  return snclr::ExitStatus(
      snclr::WriteReport(snclr::ReportOptionsFromFlags(line),
                         snclr::UserPath(FLAGS_out), std::cout));
}
