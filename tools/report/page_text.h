// SPDX-License-Identifier: MIT
#ifndef TOOLS_REPORT_PAGE_TEXT_H_
#define TOOLS_REPORT_PAGE_TEXT_H_

namespace snclr {

// page/page.html with style, scripts and Vega in it, put together by the build.
extern const char kPageText[];

}  // namespace snclr

#endif  // TOOLS_REPORT_PAGE_TEXT_H_
