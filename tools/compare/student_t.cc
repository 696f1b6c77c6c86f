// SPDX-License-Identifier: MIT
#include "tools/compare/student_t.h"

#include <boost/math/distributions/complement.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/policies/policy.hpp>
#include <cmath>
#include <limits>

namespace snclr {
namespace {

namespace policies = boost::math::policies;

// An argument outside of the domain gives NaN, not an exception.
using Distribution = boost::math::students_t_distribution<
    double,
    policies::policy<policies::domain_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>>>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double StudentTCritical(double confidence, double degrees) {
  if (!(confidence > 0 && confidence < 1) || !(degrees > 0)) return kNaN;
  return boost::math::quantile(
      boost::math::complement(Distribution(degrees), (1 - confidence) / 2));
}

double StudentTPValue(double t, double degrees) {
  if (std::isnan(t) || !(degrees > 0)) return kNaN;
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(
                 boost::math::complement(Distribution(degrees), std::abs(t)));
}

}  // namespace snclr
