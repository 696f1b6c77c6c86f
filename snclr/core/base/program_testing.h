// SPDX-License-Identifier: MIT
// A program as its users run it, and all that it prints, for tests.
#ifndef SNCLR_CORE_BASE_PROGRAM_TESTING_H_
#define SNCLR_CORE_BASE_PROGRAM_TESTING_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace snclr {

// A generous time; false: it has not happened by then.
bool WaitUntil(const std::function<bool()>& happened);

class TestProgram {
 public:
  // `program`: among the test's runfiles. What its processes print, both
  // streams, is appended to the file `log`.
  TestProgram(const std::string& program, const std::string& log);

  // `variables` are set in its environment. Its output goes to the file
  // descriptor `output` instead of the log where there is one.
  pid_t Start(const std::vector<std::string>& flags,
              const std::map<std::string, std::string>& variables = {},
              int output = -1) const;

  // Its exit status; minus the signal where one ended it. The test fails, and
  // the process is killed, where it does not end in a generous time.
  static int Wait(pid_t process);

  int Run(const std::vector<std::string>& flags) const {
    return Wait(Start(flags));
  }

  std::string log() const;
  int CountInLog(const std::string& text) const;

  // Until the log has `text` so often; false: not in a generous time.
  bool WaitForLog(const std::string& text, int count = 1) const;

 private:
  const std::string program_;
  const std::string log_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_PROGRAM_TESTING_H_
