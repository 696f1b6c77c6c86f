// SPDX-License-Identifier: MIT
#include "tools/report/page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tools/report/page_text.h"

namespace snclr {
namespace {

// Marks in page/page.html, replaced here.
constexpr absl::string_view kConnect = "@CONNECT@";
constexpr absl::string_view kData = "@DATA@";

// The text with the first mark of each kind replaced; it is looked for in the
// page's own text alone, never in what was put in.
std::string Filled(absl::string_view connect, absl::string_view data) {
  const absl::string_view page(kPageText);
  const size_t at_connect = page.find(kConnect);
  const size_t at_data = page.find(kData);
  return absl::StrCat(page.substr(0, at_connect), connect,
                      page.substr(at_connect + kConnect.size(),
                                  at_data - at_connect - kConnect.size()),
                      data, page.substr(at_data + kData.size()));
}

}  // namespace

std::string JsonForScript(const nlohmann::json& data) {
  return absl::StrReplaceAll(
      data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
      {{"<", "\\u003c"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}});
}

std::string ReportPage(const nlohmann::json& data) {
  return Filled("'none'", JsonForScript(data));
}

std::string BoardPage() { return Filled("'self'", "null"); }

}  // namespace snclr
