// SPDX-License-Identifier: MIT
// The page of report and board: one HTML text with everything in it.
#ifndef TOOLS_REPORT_PAGE_H_
#define TOOLS_REPORT_PAGE_H_

#include <nlohmann/json.hpp>
#include <string>

namespace snclr {

// The page with `data` (report_data.h) in it. It loads nothing, may run no
// script but its own (a content security policy holds its hash), and shows
// every text of the data as text.
std::string ReportPage(const nlohmann::json& data);

// The page that asks its server for the data, at /api/report, again and again.
std::string BoardPage();

// JSON that may stand inside a script element: no "<" is left in it. Bytes that
// are not UTF-8 become U+FFFD.
std::string JsonForScript(const nlohmann::json& data);

}  // namespace snclr

#endif  // TOOLS_REPORT_PAGE_H_
