// SPDX-License-Identifier: MIT
#include "tools/report/browser_testing.h"

#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

constexpr char kDriver[] = "/usr/bin/chromedriver";
constexpr char kChromium[] = "/usr/bin/chromium";
constexpr int kPatience = 600;  // tenths of a second, on a busy machine

Json Capabilities(const std::string& folder) {
  const Json options = {
      {"binary", kChromium},
      {"args",
       {"--headless", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--hide-scrollbars",
        absl::StrCat("--user-data-dir=", folder, "/profile")}}};
  return {{"capabilities",
           {{"alwaysMatch",
             {{"browserName", "chrome"},
              {"goog:chromeOptions", options},
              {"goog:loggingPrefs", {{"browser", "ALL"}}}}}}}};
}

// The port that chromedriver says it listens on; 0 where it says none.
int ReadPort(int out) {
  std::string text;
  char letter;
  while (read(out, &letter, 1) == 1) {
    text += letter;
    if (letter != '\n') continue;
    const size_t at = text.find("on port ");
    int port = 0;
    if (at != std::string::npos && text.find("started") != std::string::npos &&
        std::sscanf(text.c_str() + at, "on port %d", &port) == 1) {
      return port;
    }
    text.clear();
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Browser>> Browser::Start(
    const std::string& folder) {
  for (const char* program : {kDriver, kChromium}) {
    if (!std::filesystem::exists(program)) {
      return absl::NotFoundError(absl::StrCat(program, " is not here"));
    }
  }
  std::filesystem::create_directories(folder + "/profile");
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return absl::InternalError("no pipe");
  const pid_t driver = fork();
  if (driver == 0) {
    setpgid(0, 0);  // the browser goes with it
    setenv("HOME", folder.c_str(), 1);
    setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
    setenv("XDG_CACHE_HOME", folder.c_str(), 1);
    dup2(out[1], STDOUT_FILENO);
    execl(kDriver, kDriver, "--port=0", nullptr);
    _exit(127);
  }
  close(out[1]);
  const int port = ReadPort(out[0]);
  std::unique_ptr<Browser> browser(new Browser(driver, port));
  if (port == 0) {
    close(out[0]);
    return absl::InternalError("chromedriver says no port");
  }
  // Left open: it dies of a broken pipe when it has more to say.
  ASSIGN_OR_RETURN(const Json session,
                   browser->Send("/session", Capabilities(folder)));
  browser->session_ =
      absl::StrCat("/session/", session.value("sessionId", std::string()));
  return browser;
}

Browser::~Browser() {
  if (!session_.empty()) {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(10);
    client.Delete(session_);
  }
  kill(-driver_, SIGKILL);
  waitpid(driver_, nullptr, 0);
}

absl::StatusOr<Json> Browser::Send(const std::string& path, const Json& body) {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(kPatience / 10);
  const auto answer =
      client.Post(session_ + path, body.dump(), "application/json");
  if (!answer) {
    return absl::InternalError(
        absl::StrCat(path, ": ", httplib::to_string(answer.error())));
  }
  const Json json = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200 || !json.is_object()) {
    return absl::InternalError(
        absl::StrCat(path, ": ", answer->body.substr(0, 600)));
  }
  return json["value"];
}

absl::StatusOr<Json> Browser::Devtools(const std::string& command,
                                       const Json& parameters) {
  return Send("/goog/cdp/execute", {{"cmd", command}, {"params", parameters}});
}

absl::Status Browser::Go(const std::string& url) {
  return Send("/url", {{"url", url}}).status();
}

absl::StatusOr<Json> Browser::Run(const std::string& script) {
  return Send("/execute/sync", {{"script", script}, {"args", Json::array()}});
}

absl::Status Browser::WaitFor(const std::string& script,
                              const std::string& explain) {
  for (int i = 0; i < kPatience; ++i) {
    ASSIGN_OR_RETURN(const Json now, Run(script));
    if (now == true) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(100));
  }
  ASSIGN_OR_RETURN(const Json why, Run(explain));
  return absl::DeadlineExceededError(absl::StrCat(script, ": ", why.dump()));
}

absl::Status Browser::SetScreen(int width, int height,
                                const std::string& scheme) {
  RETURN_IF_ERROR(
      Devtools("Emulation.setDeviceMetricsOverride", {{"width", width},
                                                      {"height", height},
                                                      {"deviceScaleFactor", 1},
                                                      {"mobile", width < 600}})
          .status());
  return Devtools("Emulation.setEmulatedMedia",
                  {{"features",
                    {{{"name", "prefers-color-scheme"}, {"value", scheme}}}}})
      .status();
}

absl::Status Browser::Press(const std::string& key) {
  const Json keys = {{{"type", "keyDown"}, {"value", key}},
                     {{"type", "keyUp"}, {"value", key}}};
  return Send("/actions",
              {{"actions",
                {{{"type", "key"}, {"id", "keyboard"}, {"actions", keys}}}}})
      .status();
}

absl::StatusOr<std::vector<std::string>> Browser::ConsoleErrors() {
  ASSIGN_OR_RETURN(const Json entries, Send("/se/log", {{"type", "browser"}}));
  std::vector<std::string> errors;
  for (const Json& entry : entries) {
    if (entry.value("level", "") == "SEVERE") {
      errors.push_back(entry.value("message", ""));
    }
  }
  return errors;
}

absl::Status Browser::Screenshot(const std::string& path) {
  ASSIGN_OR_RETURN(
      const Json shot,
      Devtools("Page.captureScreenshot", {{"captureBeyondViewport", true}}));
  std::string png;
  if (!absl::Base64Unescape(shot.value("data", std::string()), &png)) {
    return absl::InternalError("a screenshot that is not base64");
  }
  std::ofstream(path, std::ios::binary) << png;
  return absl::OkStatus();
}

}  // namespace snclr
