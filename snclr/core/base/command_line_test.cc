// SPDX-License-Identifier: MIT
#include "snclr/core/base/command_line.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

DEFINE_string(spec, "", "the experiment, a text-format ExperimentSpec");
DEFINE_int32(max_steps, 7,
             "stops after this many steps; a second sentence that is "
             "long enough to need a line of its own");
DEFINE_uint64(first_index, 0, "where to start");
DEFINE_double(fraction, 0.5, "how much of it");
DEFINE_bool(live, true, "shows a progress line");

namespace snclr {
namespace {

using testing::ExitedWithCode;

class CommandLineTest : public testing::Test {
 protected:
  CommandLine Parse(std::vector<std::string> arguments,
                    bool allow_positional = false) {
    arguments.insert(arguments.begin(), "program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return ParseCommandLine(
        "Trains SNCLR.", {{"set", "PATH=VALUE, sets a field of the spec"}},
        static_cast<int>(argv.size()), argv.data(), allow_positional);
  }

  // The whole of stderr must be this one line.
  void ExpectRefused(std::vector<std::string> arguments,
                     const std::string& line) {
    EXPECT_EXIT(Parse(arguments), ExitedWithCode(2), "^error: " + line + "\n$");
  }

 private:
  gflags::FlagSaver saver_;
};

TEST_F(CommandLineTest, TakesValuesInEveryForm) {
  Parse({"--spec=a b.textproto", "--max_steps", "-3", "-fraction=1e-3",
         "--first_index=18446744073709551615", "--nolive"});
  EXPECT_EQ(FLAGS_spec, "a b.textproto");
  EXPECT_EQ(FLAGS_max_steps, -3);
  EXPECT_EQ(FLAGS_first_index, UINT64_MAX);
  EXPECT_EQ(FLAGS_fraction, 1e-3);
  EXPECT_FALSE(FLAGS_live);
  Parse({"--live", "--spec="});
  EXPECT_TRUE(FLAGS_live);
  EXPECT_EQ(FLAGS_spec, "");
  Parse({"--live=false"});
  EXPECT_FALSE(FLAGS_live);
}

TEST_F(CommandLineTest, CollectsRepeatableFlagsInOrder) {
  const CommandLine line = Parse(
      {"--set=seed=2", "--spec=x", "--set", "data.train_images=5", "--set="});
  EXPECT_EQ(line.repeated.at("set"),
            (std::vector<std::string>{"seed=2", "data.train_images=5", ""}));
  EXPECT_TRUE(Parse({}).repeated.at("set").empty());
}

TEST_F(CommandLineTest, TakesPositionalArgumentsWhereAllowed) {
  const CommandLine line = Parse({"a", "--max_steps=1", "-", "--", "--spec=x"},
                                 /*allow_positional=*/true);
  EXPECT_EQ(line.positional, (std::vector<std::string>{"a", "-", "--spec=x"}));
  EXPECT_EQ(FLAGS_spec, "");
}

TEST_F(CommandLineTest, RefusesAnUnknownFlagNamingTheNearest) {
  ExpectRefused({"--max_step=3"},
                "unknown flag --max_step; did you mean --max_steps\\?");
  ExpectRefused({"--sett=seed=2"},
                "unknown flag --sett; did you mean --set\\?");
  ExpectRefused({"--hepl"}, "unknown flag --hepl; did you mean --help\\?");
  ExpectRefused({"--zzzzz"},
                "unknown flag --zzzzz; --help lists the flags there are");
}

TEST_F(CommandLineTest, DoesNotKnowTheFlagsOfLibraries) {
  ExpectRefused({"--flagfile=x"}, "unknown flag --flagfile.*");
  ExpectRefused({"--minloglevel=0"}, "unknown flag --minloglevel.*");
  ExpectRefused({"--nospec"}, "unknown flag --nospec.*");
}

TEST_F(CommandLineTest, RefusesAWrongValueSayingWhatWasWanted) {
  ExpectRefused({"--max_steps=many"},
                "--max_steps=many: wanted a whole number");
  ExpectRefused({"--max_steps=99999999999"},
                "--max_steps=99999999999: wanted a whole number");
  ExpectRefused({"--first_index=-1"},
                "--first_index=-1: wanted a whole number, not negative");
  ExpectRefused({"--fraction=half"}, "--fraction=half: wanted a number");
  ExpectRefused({"--live=maybe"}, "--live=maybe: wanted true or false");
  ExpectRefused({"--spec"}, "--spec needs a value \\(a text\\)");
  ExpectRefused({"--spec", "--live"}, "--spec needs a value \\(a text\\)");
}

TEST_F(CommandLineTest, RefusesPositionalArgumentsElsewhere) {
  ExpectRefused({"x.textproto"}, "unexpected argument 'x.textproto'");
  ExpectRefused({"spec=x"},
                "unexpected argument 'spec=x'; did you mean --spec=x\\?");
}

TEST_F(CommandLineTest, HelpShowsTheProgramsFlagsAlone) {
  const auto help_to_stderr = [this] {
    dup2(STDERR_FILENO, STDOUT_FILENO);  // a death test reads stderr alone
    Parse({"--spec=x", "--help"});
  };
  EXPECT_EXIT(help_to_stderr(), ExitedWithCode(0), testing::Eq(R"(Trains SNCLR.

Flags:
  --set=TEXT
      PATH=VALUE, sets a field of the spec
  --first_index=NUMBER  (default: 0)
      where to start
  --fraction=NUMBER  (default: 0.5)
      how much of it
  --[no]live  (default: true)
      shows a progress line
  --max_steps=NUMBER  (default: 7)
      stops after this many steps; a second sentence that is long enough to need
      a line of its own
  --spec=TEXT
      the experiment, a text-format ExperimentSpec
  --[no]verbose  (default: false)
      logs what is being done, beside warnings
)"));
}

TEST(UserPathTest, IsRelativeToWhereTheCommandWasTyped) {
  setenv("BUILD_WORKING_DIRECTORY", "/where/typed", 1);
  EXPECT_EQ(UserPath("runs/a"), "/where/typed/runs/a");
  EXPECT_EQ(UserPath("/abs"), "/abs");
  EXPECT_EQ(UserPath(""), "");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("runs/a"), "runs/a");
}

TEST(UserPathTest, KnowsTheHomeDirectory) {
  setenv("HOME", "/home/ada", 1);
  EXPECT_EQ(UserPath("~/data"), "/home/ada/data");
  EXPECT_EQ(UserPath("~"), "/home/ada");
  EXPECT_EQ(UserPath("x/~/y"), "x/~/y");
}

TEST(ExitStatusTest, IsTwoForWrongInputAndOneForAFailedRun) {
  EXPECT_EQ(ExitStatus(absl::OkStatus()), 0);
  EXPECT_EQ(ExitStatus(absl::InvalidArgumentError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::NotFoundError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::FailedPreconditionError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::DataLossError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::AlreadyExistsError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::PermissionDeniedError("x")), 2);
  EXPECT_EQ(ExitStatus(absl::InternalError("x")), 1);
  EXPECT_EQ(ExitStatus(absl::UnavailableError("x")), 1);
  EXPECT_EQ(ExitStatus(absl::ResourceExhaustedError("x")), 2);
}

TEST(ExitStatusTest, PrintsTheMessageAfterErrorOnce) {
  testing::internal::CaptureStderr();
  ExitStatus(absl::NotFoundError("a: missing\nb: missing"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "error: a: missing\nb: missing\n");
}

}  // namespace
}  // namespace snclr
