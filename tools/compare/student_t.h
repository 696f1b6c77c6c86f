// SPDX-License-Identifier: MIT
// Student's t distribution. Boost.Math computes it, behind these two functions
// so that its headers, which are slow to compile, are compiled once.
#ifndef TOOLS_COMPARE_STUDENT_T_H_
#define TOOLS_COMPARE_STUDENT_T_H_

namespace snclr {

// The t > 0 with P(|T| < t) = `confidence`, of T with `degrees` of freedom:
// 4.303 for 0.95 and 2. Of confidences in (0, 1) and degrees > 0, else NaN.
double StudentTCritical(double confidence, double degrees);

// P(|T| >= |t|), the two-sided p-value of `t`. NaN where t is NaN or the
// degrees of freedom are not above 0.
double StudentTPValue(double t, double degrees);

}  // namespace snclr

#endif  // TOOLS_COMPARE_STUDENT_T_H_
