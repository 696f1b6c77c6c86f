// SPDX-License-Identifier: MIT
// A real browser for tests of the page: headless Chromium, driven through
// chromedriver's HTTP interface (W3C WebDriver).
#ifndef TOOLS_REPORT_BROWSER_TESTING_H_
#define TOOLS_REPORT_BROWSER_TESTING_H_

#include <sys/types.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace snclr {

// Not thread-safe. Everything fails with Internal, saying what the browser
// said.
class Browser {
 public:
  // A browser with a profile of its own below `folder`. NotFound where there is
  // no chromedriver or Chromium on this machine.
  static absl::StatusOr<std::unique_ptr<Browser>> Start(
      const std::string& folder);
  ~Browser();

  absl::Status Go(const std::string& url);

  // What a script returns: Run("return document.title").
  absl::StatusOr<nlohmann::json> Run(const std::string& script);

  // Runs a script that returns true or false until it is true: OK, or
  // DeadlineExceeded with what `explain` (a script too) returns then.
  absl::Status WaitFor(const std::string& script, const std::string& explain);

  // As a screen of this width, and with this colour scheme: "light" or "dark".
  absl::Status SetScreen(int width, int height, const std::string& scheme);

  // Presses a key: "\uE004" is Tab, "\uE006" Enter.
  absl::Status Press(const std::string& key);

  // The errors that the console has had so far.
  absl::StatusOr<std::vector<std::string>> ConsoleErrors();

  // The whole page as a PNG file.
  absl::Status Screenshot(const std::string& path);

 private:
  Browser(pid_t driver, int port) : driver_(driver), port_(port) {}
  absl::StatusOr<nlohmann::json> Send(const std::string& path,
                                      const nlohmann::json& body);
  absl::StatusOr<nlohmann::json> Devtools(const std::string& command,
                                          const nlohmann::json& parameters);

  const pid_t driver_;
  const int port_;
  std::string session_;  // "/session/<id>"
};

}  // namespace snclr

#endif  // TOOLS_REPORT_BROWSER_TESTING_H_
