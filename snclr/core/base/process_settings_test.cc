// SPDX-License-Identifier: MIT
#include "snclr/core/base/process_settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace snclr {
namespace {

// What this program prints when it is started with `settings` before it and as
// a child, see main().
std::string OutputOfChild(const std::string& settings) {
  char self[4096] = {};
  EXPECT_GT(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
  const std::string command =
      "env -u OMP_WAIT_POLICY -u "
      "OPENBLAS_THREAD_TIMEOUT " +
      settings + " '" + self + "' --child 'an argument'";
  std::FILE* const pipe = popen(command.c_str(), "re");
  std::string output;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  EXPECT_EQ(pclose(pipe), 0);
  return output;
}

TEST(UsePatientThreadsTest, StartsAnewWithTheSettingsAndTheArguments) {
  EXPECT_EQ(OutputOfChild(""), "passive 4 an argument\n");
}

TEST(UsePatientThreadsTest, KeepsWhatTheUserHasSet) {
  EXPECT_EQ(OutputOfChild("OMP_WAIT_POLICY=active"), "active 4 an argument\n");
  EXPECT_EQ(OutputOfChild("OMP_WAIT_POLICY=active OPENBLAS_THREAD_TIMEOUT=20"),
            "active 20 an argument\n");
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--child") {
    snclr::UsePatientThreads(argv);
    std::printf("%s %s %s\n", std::getenv("OMP_WAIT_POLICY"),
                std::getenv("OPENBLAS_THREAD_TIMEOUT"), argv[2]);
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
