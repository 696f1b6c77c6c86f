// SPDX-License-Identifier: MIT
// glog, in a file that may also see LibTorch. c10 defines LOG, CHECK, VLOG and
// their kin itself (pytorch issues 31822, 88980); whoever includes this gets
// glog's, whatever the order. No other file includes glog.
#ifndef SNCLR_CORE_BASE_LOGGING_H_
#define SNCLR_CORE_BASE_LOGGING_H_

#if __has_include(<c10/util/Logging.h>)
#include <c10/util/Logging.h>
#endif

#undef CHECK
#undef CHECK_EQ
#undef CHECK_GE
#undef CHECK_GT
#undef CHECK_LE
#undef CHECK_LT
#undef CHECK_NE
#undef CHECK_NOTNULL
#undef CHECK_OP
#undef DCHECK
#undef DCHECK_EQ
#undef DCHECK_GE
#undef DCHECK_GT
#undef DCHECK_LE
#undef DCHECK_LT
#undef DCHECK_NE
#undef DCHECK_NOTNULL
#undef DLOG
#undef DLOG_IF
#undef LOG
#undef LOG_EVERY_N
#undef LOG_IF
#undef VLOG
#undef VLOG_IF
#undef VLOG_IS_ON

#include <glog/logging.h>

namespace snclr {

// Call first in main(). Logs go to stderr, from level INFO where `verbose`,
// else WARNING; a CHECK that fails prints a stack trace, bad input never does.
void InitLogging(const char* program, bool verbose = false);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_LOGGING_H_
