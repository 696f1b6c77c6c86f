// SPDX-License-Identifier: MIT
// The kinds of golden files, one checking function each, in a file of its name.
// A new kind is one such file and one line in cases.cc.
#ifndef TOOLS_CONFORMANCE_CASES_H_
#define TOOLS_CONFORMANCE_CASES_H_

#include <string>

#include "snclr/core/base/golden.h"
#include "tools/conformance/verdict.h"

namespace snclr {

// Computes what the file holds and compares. Throws c10::Error, which fails the
// case, where the file lacks something or the code refuses its input.
using CaseCheck = void (*)(const GoldenFile& golden, Verdict& verdict);

void CheckAugment(const GoldenFile& golden, Verdict& verdict);
void CheckHeads(const GoldenFile& golden, Verdict& verdict);
void CheckInitBounds(const GoldenFile& golden, Verdict& verdict);
void CheckKnn(const GoldenFile& golden, Verdict& verdict);
void CheckMocoV3Loss(const GoldenFile& golden, Verdict& verdict);
void CheckNeighborBank(const GoldenFile& golden, Verdict& verdict);
void CheckNnclrLoss(const GoldenFile& golden, Verdict& verdict);
void CheckOptimizer(const GoldenFile& golden, Verdict& verdict);
void CheckSchedule(const GoldenFile& golden, Verdict& verdict);
void CheckSincosTable(const GoldenFile& golden, Verdict& verdict);
void CheckSnclrLoss(const GoldenFile& golden, Verdict& verdict);
void CheckTrainStep(const GoldenFile& golden, Verdict& verdict);
void CheckVitForward(const GoldenFile& golden, Verdict& verdict);

// The check of a metadata `case`; null for one that is not known.
CaseCheck FindCaseCheck(const std::string& name);

// Whether a case's code is the CPU's alone, wherever a run computes: initial
// weights, tables, schedules, and the image operations of the CPU's loader.
bool IsOfTheCpu(const std::string& name);

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_CASES_H_
