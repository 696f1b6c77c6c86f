// SPDX-License-Identifier: MIT
#include "snclr/core/base/logging.h"

namespace snclr {

void InitLogging(const char* program, bool verbose) {
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = verbose ? google::GLOG_INFO : google::GLOG_WARNING;
  if (!google::IsGoogleLoggingInitialized()) google::InitGoogleLogging(program);
}

}  // namespace snclr
