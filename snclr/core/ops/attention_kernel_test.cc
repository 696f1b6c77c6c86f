// SPDX-License-Identifier: MIT
#include "snclr/core/ops/attention_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "snclr/core/base/random.h"

namespace snclr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> Draw(size_t n, uint64_t stream, double scale = 1) {
  Random random(/*seed=*/1, {stream});
  std::vector<double> numbers(n);
  for (double& number : numbers) number = scale * random.Normal();
  return numbers;
}

template <typename T>
std::vector<T> As(const std::vector<double>& numbers) {
  return std::vector<T>(numbers.begin(), numbers.end());
}

// One head, its rows contiguous.
struct Head {
  explicit Head(const AttentionSizes& sizes, double scale = 1)
      : sizes(sizes),
        query(Draw(sizes.queries * sizes.dim, 1, scale)),
        key(Draw(sizes.keys * sizes.dim, 2, scale)),
        value(Draw(sizes.keys * sizes.dim, 3)),
        gradient(Draw(sizes.queries * sizes.dim, 4)) {}

  AttentionSizes sizes;
  std::vector<double> query, key, value, gradient;
};

struct Result {
  std::vector<double> rows, log_sum_exp, query, key, value;
};

// As its definition says, in double.
Result Define(const Head& of) {
  const auto [queries, keys, dim] = of.sizes;
  const double scale = 1 / std::sqrt(static_cast<double>(dim));
  Result result = {std::vector<double>(queries * dim),
                   {},
                   std::vector<double>(queries * dim),
                   std::vector<double>(keys * dim),
                   std::vector<double>(keys * dim)};
  for (int64_t i = 0; i < queries; ++i) {
    std::vector<double> weights(keys), d_weights(keys);
    double sum = 0, along = 0;
    for (int64_t j = 0; j < keys; ++j) {
      double score = 0;
      for (int64_t d = 0; d < dim; ++d) {
        score += of.query[i * dim + d] * of.key[j * dim + d];
      }
      weights[j] = score * scale;
    }
    const double largest = *std::max_element(weights.begin(), weights.end());
    for (double& weight : weights) sum += weight = std::exp(weight - largest);
    result.log_sum_exp.push_back(largest + std::log(sum));
    for (int64_t j = 0; j < keys; ++j) {
      weights[j] /= sum;
      for (int64_t d = 0; d < dim; ++d) {
        const double gradient = of.gradient[i * dim + d];
        result.rows[i * dim + d] += weights[j] * of.value[j * dim + d];
        result.value[j * dim + d] += weights[j] * gradient;
        d_weights[j] += gradient * of.value[j * dim + d];
      }
      along += weights[j] * d_weights[j];
    }
    for (int64_t j = 0; j < keys; ++j) {
      const double d_score = weights[j] * (d_weights[j] - along) * scale;
      for (int64_t d = 0; d < dim; ++d) {
        result.query[i * dim + d] += d_score * of.key[j * dim + d];
        result.key[j * dim + d] += d_score * of.query[i * dim + d];
      }
    }
  }
  return result;
}

// By the kernel, its scratch memory full of NaNs; rows are `stride` apart.
template <typename T>
Result Compute(const Head& of, int vector_bytes) {
  const auto [queries, keys, dim] = of.sizes;
  const std::vector<T> query = As<T>(of.query), key = As<T>(of.key),
                       value = As<T>(of.value), gradient = As<T>(of.gradient);
  std::vector<T> rows(queries * dim), log_sum_exp(queries),
      d_query(queries * dim), d_key(keys * dim), d_value(keys * dim);
  const AttentionInput<T> input = {
      of.sizes, {query.data(), dim}, {key.data(), dim}, {value.data(), dim}};
  std::vector<T> scratch(AttentionScratch(of.sizes), static_cast<T>(kNaN));
  AttentionForward<T>(input, {{rows.data(), dim}, log_sum_exp.data()},
                      scratch.data(), vector_bytes);
  std::fill(scratch.begin(), scratch.end(), static_cast<T>(kNaN));
  AttentionBackward<T>(
      input, {{rows.data(), dim}, {gradient.data(), dim}, log_sum_exp.data()},
      {{d_query.data(), dim}, {d_key.data(), dim}, {d_value.data(), dim}},
      scratch.data(), vector_bytes);
  return {As<double>({rows.begin(), rows.end()}),
          As<double>({log_sum_exp.begin(), log_sum_exp.end()}),
          As<double>({d_query.begin(), d_query.end()}),
          As<double>({d_key.begin(), d_key.end()}),
          As<double>({d_value.begin(), d_value.end()})};
}

// Relative to the largest; infinite where a NaN is.
double Difference(const std::vector<double>& got,
                  const std::vector<double>& expected) {
  double largest = 0, difference = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(got[i])) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(got[i] - expected[i]));
  }
  return difference / largest;
}

std::vector<int> Widths() {
  std::vector<int> widths;
  for (const int bytes : {16, 32, 64}) {
    if (bytes <= WidestVectors()) widths.push_back(bytes);
  }
  return widths;
}

template <typename T>
void ExpectDefinition(const Head& of, double rounding) {
  const Result expected = Define(of);
  for (const int bytes : Widths()) {
    const Result got = Compute<T>(of, bytes);
    SCOPED_TRACE(testing::Message()
                 << of.sizes.queries << " queries, " << of.sizes.keys
                 << " keys, dim " << of.sizes.dim << ", " << bytes << " bytes, "
                 << sizeof(T) << " of a number");
    EXPECT_LT(Difference(got.rows, expected.rows), rounding);
    EXPECT_LT(Difference(got.log_sum_exp, expected.log_sum_exp), rounding);
    EXPECT_LT(Difference(got.value, expected.value), rounding);
    if (of.sizes.keys == 1) continue;  // gradients are zero but for rounding
    EXPECT_LT(Difference(got.query, expected.query), rounding);
    EXPECT_LT(Difference(got.key, expected.key), rounding);
  }
}

// The sizes of ViT-Ti/4 at 32 px, of ViT-S/16 at 224 px, of a class token
// alone, of whole and of broken tiles, vectors and blocks of queries.
const AttentionSizes kSizes[] = {
    {65, 65, 64}, {197, 197, 32}, {1, 65, 64},  {1, 1, 1},    {2, 3, 5},
    {6, 16, 16},  {48, 48, 16},   {49, 64, 20}, {96, 95, 33}, {7, 130, 100}};

TEST(AttentionKernelTest, EqualsItsDefinition) {
  for (const AttentionSizes& sizes : kSizes) {
    ExpectDefinition<float>(Head(sizes), 2e-6);
    ExpectDefinition<double>(Head(sizes), 5e-15);
  }
}

// One key takes it all: scores of hundreds, weights of nearly 0 and 1, and
// gradients of the scores that are rounding alone.
TEST(AttentionKernelTest, LargeScoresDoNotOverflow) {
  const Head of({20, 40, 16}, /*scale=*/20);
  const Result expected = Define(of);
  for (const int bytes : Widths()) {
    const Result got = Compute<float>(of, bytes);
    EXPECT_LT(Difference(got.rows, expected.rows), 2e-4);
    EXPECT_LT(Difference(got.log_sum_exp, expected.log_sum_exp), 1e-6);
    EXPECT_LT(Difference(got.value, expected.value), 2e-4);
    for (const double number : got.query) EXPECT_LT(std::abs(number), 0.1);
    for (const double number : got.key) EXPECT_LT(std::abs(number), 0.1);
  }
}

TEST(AttentionKernelTest, AWeightTooSmallToCountIsZero) {
  Head of({1, 2, 1});
  of.query = {1};
  of.key = {0, -70};
  of.value = {3, 1e30};
  for (const int bytes : Widths()) {
    EXPECT_EQ(Compute<float>(of, bytes).rows[0], 3) << bytes;
  }
}

TEST(AttentionKernelTest, NaNsComeOut) {
  for (const int bytes : Widths()) {
    for (std::vector<double> Head::* const part :
         {&Head::query, &Head::key, &Head::value}) {
      Head of({20, 37, 16});
      (of.*part)[16 * 7 + 3] = kNaN;
      const Result got = Compute<float>(of, bytes);
      EXPECT_TRUE(std::isnan(got.rows[16 * 7 + 3])) << bytes;
      EXPECT_TRUE(std::isnan(got.query[16 * 7 + 3])) << bytes;
    }
  }
}

TEST(AttentionKernelTest, TheSameArgumentsGiveTheSameBits) {
  const Head of({65, 65, 64});
  for (const int bytes : Widths()) {
    const Result first = Compute<float>(of, bytes),
                 second = Compute<float>(of, bytes);
    EXPECT_EQ(first.rows, second.rows);
    EXPECT_EQ(first.key, second.key);
  }
}

}  // namespace
}  // namespace snclr
