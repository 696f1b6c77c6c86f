// SPDX-License-Identifier: MIT
// The report, live, over HTTP on this machine alone:
//
//   /            the page (tools/report/page.h)
//   /api/report  its data (tools/report/report_data.h), with an ETag: 304 where
//                If-None-Match names what there still is, 503 and a line where
//                the tracker cannot be read
#ifndef TOOLS_BOARD_BOARD_H_
#define TOOLS_BOARD_BOARD_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/report/report_groups.h"

namespace snclr {

struct BoardOptions {
  ReportOptions report;
  int port = 0;                               // 0: any free one
  absl::Duration refresh = absl::Seconds(2);  // live_report.h
};

class Board {
 public:
  // Listens on 127.0.0.1 when it returns. NotFound where there is no database,
  // InvalidArgument for an option that does not fit, AlreadyExists where the
  // port is taken.
  static absl::StatusOr<std::unique_ptr<Board>> Start(
      const BoardOptions& options);

  // Ends what is being answered and stops.
  ~Board();

  std::string address() const;  // "http://127.0.0.1:8080"
  int port() const { return port_; }

 private:
  struct Server;
  Board(std::unique_ptr<Server> server, int port);

  std::unique_ptr<Server> server_;
  int port_;
};

}  // namespace snclr

#endif  // TOOLS_BOARD_BOARD_H_
