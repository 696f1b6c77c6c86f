// SPDX-License-Identifier: MIT
#include "snclr/core/base/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace snclr {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A shell's output and how it ended.
struct ShellResult {
  std::string output;
  ChildEnd end;
};

ChildEnd WaitFor(pid_t child) {
  while (true) {
    if (const auto end = PollChild(child)) return *end;
    absl::SleepFor(absl::Milliseconds(5));
  }
}

ShellResult RunChild(ChildCommand command) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  command.output = command.error = ends[1];
  const auto child = StartChild(command);
  EXPECT_TRUE(child.ok()) << child.status();
  close(ends[1]);
  ShellResult result;
  char chunk[4096];
  while (const ssize_t count = read(ends[0], chunk, sizeof(chunk))) {
    if (count < 0) break;
    result.output.append(chunk, count);
  }
  close(ends[0]);
  result.end = WaitFor(*child);
  return result;
}

ChildCommand Shell(const std::string& script) {
  ChildCommand command;
  command.arguments = {"/bin/sh", "-c", script};
  command.environment = EnvironmentWith({});
  return command;
}

TEST(ChildProcessTest, EndsWithItsStatusOrItsSignal) {
  EXPECT_EQ(RunChild(Shell("exit 7")).end.how, "exit status 7");
  const ChildEnd killed = RunChild(Shell("kill -9 $$")).end;
  EXPECT_EQ(killed.exit_status, -1);
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(killed.how, "killed by signal 9 (out of memory?)");
}

TEST(ChildProcessTest, AProgramThatIsNotThereSaysSo) {
  ChildCommand command = Shell("");
  command.arguments = {"/no/such/program"};
  const ShellResult result = RunChild(command);
  EXPECT_EQ(result.end.exit_status, 127);
  EXPECT_THAT(result.output, HasSubstr("cannot be started"));
}

TEST(ChildProcessTest, RunsOnTheCoresItIsGiven) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  int core = CPU_SETSIZE - 1;
  while (!CPU_ISSET(core, &allowed)) --core;
  ChildCommand command = Shell("grep Cpus_allowed_list /proc/self/status");
  command.cores = {core};
  EXPECT_EQ(RunChild(command).output,
            absl::StrCat("Cpus_allowed_list:\t", core, "\n"));
}

TEST(ChildProcessTest, ABrokenPipeIsAnErrorWhereItIsIgnored) {
  ChildCommand command = Shell("sh -c 'kill -PIPE $$'; echo $?");
  EXPECT_EQ(RunChild(command).output, absl::StrCat(128 + SIGPIPE, "\n"));
  command.ignores_broken_pipe = true;
  EXPECT_EQ(RunChild(command).output, "0\n");
}

TEST(EnvironmentWithTest, ReplacesAddsAndKeeps) {
  setenv("SNCLR_TEST_KEPT", "old", 1);
  setenv("SNCLR_TEST_REPLACED", "old", 1);
  unsetenv("OMP_WAIT_POLICY");
  const auto environment = EnvironmentWith(
      {{"SNCLR_TEST_REPLACED", "new"}, {"SNCLR_TEST_ADDED", "a=b"}});
  EXPECT_THAT(environment, Contains("SNCLR_TEST_KEPT=old"));
  EXPECT_THAT(environment, Contains("SNCLR_TEST_REPLACED=new"));
  EXPECT_THAT(environment,
              Contains(StartsWith("SNCLR_TEST_REPLACED=")).Times(1));
  EXPECT_THAT(environment, Contains("SNCLR_TEST_ADDED=a=b"));
  EXPECT_THAT(environment, Contains("OMP_WAIT_POLICY=passive"));
  setenv("OMP_WAIT_POLICY", "active", 1);
  EXPECT_THAT(EnvironmentWith({}), Contains("OMP_WAIT_POLICY=active"));
}

}  // namespace
}  // namespace snclr
