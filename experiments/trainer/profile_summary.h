// SPDX-License-Identifier: MIT
// What a recorded trace comes to: where a step's time goes, and how much matrix
// arithmetic is in it.
#ifndef EXPERIMENTS_TRAINER_PROFILE_SUMMARY_H_
#define EXPERIMENTS_TRAINER_PROFILE_SUMMARY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace snclr {

// A phase of a step: from a RECORD_USER_SCOPE("step.<phase>").
struct PhaseSpan {
  std::string name;
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
};

// Nanoseconds in each phase without what phases inside it took, the longest
// first. Spans are of one thread: each two are apart or one inside the other.
std::vector<std::pair<std::string, int64_t>> SelfTimes(
    std::vector<PhaseSpan> spans);

// Multiplications and additions of an operator that is a matrix product or
// attention, from its name ("aten::mm") and the shapes of its arguments; 0 for
// all others, convolutions among them.
int64_t MatrixOperations(const std::string& name,
                         const std::vector<std::vector<int64_t>>& shapes);

struct ProfileSummary {
  int64_t steps = 0;
  int64_t wall_ns = 0;  // of all of them, end to end
  std::vector<std::pair<std::string, int64_t>> phases;  // SelfTimes
  int64_t matrix_operations = 0;                        // of all of them
  bool has_convolutions = false;  // then matrix operations are not all there is
  double matrix_rate = 0;         // of the machine, operations a second
};

// Lines for a person: a phase a line, then the matrix operations and their
// share of what the machine could have done in that time.
std::vector<std::string> Describe(const ProfileSummary& summary);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PROFILE_SUMMARY_H_
