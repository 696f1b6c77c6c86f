// SPDX-License-Identifier: MIT
#include "tools/board/board.h"

#include <httplib.h>
#include <sys/socket.h>

#include <cstddef>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "tools/board/live_report.h"
#include "tools/report/page.h"

namespace snclr {
namespace {

constexpr char kHost[] = "127.0.0.1";
constexpr int kThreads = 32;  // a browser holds several connections open

// Not compressed on its way: it goes nowhere.
void Send(std::shared_ptr<const std::string> text, const char* type,
          httplib::Response& response) {
  response.set_content_provider(
      text->size(), type,
      [text](size_t offset, size_t length, httplib::DataSink& sink) {
        return sink.write(text->data() + offset, length);
      });
}

// A page of another site may make a name of its own point here; it must not
// read what runs here.
bool IsForUs(const httplib::Request& request, int port) {
  const std::string host = request.get_header_value("Host");
  return host == absl::StrCat(kHost, ":", port) ||
         host == absl::StrCat("localhost:", port);
}

}  // namespace

struct Board::Server {
  explicit Server(const BoardOptions& options)
      : live(options.report, options.refresh),
        page(std::make_shared<const std::string>(BoardPage())) {}

  void Route(int port) {
    http.set_pre_routing_handler(
        [port](const httplib::Request& request, httplib::Response& response) {
          if (IsForUs(request, port)) {
            return httplib::Server::HandlerResponse::Unhandled;
          }
          response.status = httplib::StatusCode::Forbidden_403;
          return httplib::Server::HandlerResponse::Handled;
        });
    http.Get("/", [this](const httplib::Request&, httplib::Response& response) {
      Send(page, "text/html; charset=utf-8", response);
    });
    http.Get("/api/report", [this](const httplib::Request& request,
                                   httplib::Response& response) {
      const auto answer = live.Get();
      if (!answer.ok()) {
        response.status = httplib::StatusCode::ServiceUnavailable_503;
        response.set_content(std::string(answer.status().message()),
                             "text/plain; charset=utf-8");
        return;
      }
      response.set_header("ETag", answer->tag);
      if (request.get_header_value("If-None-Match") == answer->tag) {
        response.status = httplib::StatusCode::NotModified_304;
        return;
      }
      Send(answer->json, "application/json", response);
    });
  }

  LiveReport live;
  const std::shared_ptr<const std::string> page;
  httplib::Server http;
  std::thread thread;
};

absl::StatusOr<std::unique_ptr<Board>> Board::Start(
    const BoardOptions& options) {
  auto server = std::make_unique<Server>(options);
  RETURN_IF_ERROR(server->live.Get().status());
  httplib::Server& http = server->http;
  http.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  http.set_keep_alive_timeout(1);  // how long a stop may wait for a reader
  http.set_default_headers(
      {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}});
  // The library's default lets a second board take the same port and half of
  // the readers.
  http.set_socket_options([](int socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  int port = options.port;
  if (port == 0) {
    port = http.bind_to_any_port(kHost);
    if (port < 0) return absl::UnavailableError("no port is free");
  } else if (!http.bind_to_port(kHost, port)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "--port=", port,
        ": another program listens there, or it may not be used; --port=0 "
        "takes a free one"));
  }
  server->Route(port);
  server->thread = std::thread([&http] { http.listen_after_bind(); });
  http.wait_until_ready();
  return std::unique_ptr<Board>(new Board(std::move(server), port));
}

Board::Board(std::unique_ptr<Server> server, int port)
    : server_(std::move(server)), port_(port) {}

Board::~Board() {
  server_->http.stop();
  server_->thread.join();
}

std::string Board::address() const {
  return absl::StrCat("http://", kHost, ":", port_);
}

}  // namespace snclr
