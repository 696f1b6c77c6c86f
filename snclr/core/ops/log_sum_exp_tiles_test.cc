// SPDX-License-Identifier: MIT
// What the GPU's streaming sum does, done here thread by thread.
#include "snclr/core/ops/log_sum_exp_tiles.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/random.h"
#include "snclr/core/ops/thread_block_testing.h"

namespace snclr {
namespace {

// Of logits up to 1 / T, and of sums of a few hundred terms.
constexpr double kFloat32Rounding = 5e-6;

struct UnitMatrix {
  UnitMatrix(int64_t rows, int64_t dim, int64_t stride, uint64_t seed)
      : rows(rows), dim(dim), stride(stride), numbers(rows * stride, NAN) {
    Random random(seed, {0});
    for (int64_t row = 0; row < rows; ++row) {
      double squares = 0;
      std::vector<double> draws(dim);
      for (double& draw : draws) {
        draw = random.Normal();
        squares += draw * draw;
      }
      for (int64_t i = 0; i < dim; ++i) {
        numbers[row * stride + i] =
            static_cast<float>(draws[i] / std::sqrt(squares));
      }
    }
  }
  RowBytes Bytes() const {
    return {reinterpret_cast<const unsigned char*>(numbers.data()), stride * 4,
            rows};
  }

  int64_t rows, dim, stride;
  std::vector<float> numbers;
};

struct Sums {
  std::vector<float> log_sum_exp;
  std::vector<float> mean_column;
};

Sums SumInTiles(const UnitMatrix& queries, const UnitMatrix& columns,
                float temperature, bool with_mean, int64_t pieces,
                bool backwards) {
  const int64_t batch = queries.rows, dim = queries.dim;
  const int row_bytes = static_cast<int>(dim * 4);
  std::vector<float> maximum(pieces * batch, NAN), sum(pieces * batch, NAN),
      weighted(pieces * batch * dim, NAN);
  const LogSumExpPlan plan = {
      queries.Bytes(), columns.Bytes(), row_bytes,
      temperature,     with_mean,       pieces,
      maximum.data(),  sum.data(),      with_mean ? weighted.data() : nullptr};
  for (int64_t tile = 0; tile < (batch + kTile - 1) / kTile; ++tile) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const SharedBytes shared(LogSumExpShared::Bytes(row_bytes, with_mean));
      HostBlock<LogSumExpRegisters> block(backwards);
      SumPiece(plan, tile, piece, shared.data(), block);
    }
  }
  Sums sums = {std::vector<float>(batch, NAN),
               std::vector<float>(with_mean ? batch * dim : 0, NAN)};
  const int64_t width = with_mean ? dim : 1;
  const MergeSums merge = {maximum.data(),
                           sum.data(),
                           plan.weighted,
                           batch,
                           pieces,
                           width,
                           sums.log_sum_exp.data(),
                           with_mean ? sums.mean_column.data() : nullptr};
  for (int64_t i = batch * width - 1; i >= 0; --i) merge(i);
  return sums;
}

// Largest distance from the same in double, without streaming.
double DistanceFromPlain(const UnitMatrix& queries, const UnitMatrix& columns,
                         double temperature, const Sums& sums) {
  double largest = 0;
  for (int64_t q = 0; q < queries.rows; ++q) {
    std::vector<double> terms;
    double total = 0;
    for (int64_t c = 0; c < columns.rows; ++c) {
      double product = 0;
      for (int64_t i = 0; i < queries.dim; ++i) {
        product +=
            static_cast<double>(queries.numbers[q * queries.stride + i]) *
            columns.numbers[c * columns.stride + i];
      }
      terms.push_back(std::exp(product / temperature));
      total += terms.back();
    }
    const auto note = [&](double distance) {
      largest = distance > largest || std::isnan(distance) ? distance : largest;
    };
    note(std::abs(sums.log_sum_exp[q] - std::log(total)));
    if (sums.mean_column.empty()) continue;
    for (int64_t i = 0; i < queries.dim; ++i) {
      double mean = 0;
      for (int64_t c = 0; c < columns.rows; ++c) {
        mean += terms[c] / total * columns.numbers[c * columns.stride + i];
      }
      note(std::abs(sums.mean_column[q * queries.dim + i] - mean));
    }
  }
  return largest;
}

struct Case {
  int64_t queries, columns, dim, stride, pieces;
};

TEST(SumPieceTest, IsTheLogOfTheSumAndItsMeanColumn) {
  const Case cases[] = {
      {3, 50, 32, 32, 1},        // less than a tile of each
      {70, 200, 64, 64, 3},      // a second query tile, pieces within one
      {64, 129, 96, 3 * 96, 1},  // strided columns
      {2, 5, 32, 32, 7},         // pieces without columns
  };
  for (const Case& c : cases) {
    const UnitMatrix queries(c.queries, c.dim, c.dim, 1);
    const UnitMatrix columns(c.columns, c.dim, c.stride, 2);
    for (const float temperature : {0.2f, 0.02f}) {
      for (const bool with_mean : {true, false}) {
        for (const bool backwards : {true, false}) {
          SCOPED_TRACE(c.columns);
          EXPECT_LT(
              DistanceFromPlain(queries, columns, temperature,
                                SumInTiles(queries, columns, temperature,
                                           with_mean, c.pieces, backwards)),
              kFloat32Rounding * 0.2 / temperature);
        }
      }
    }
  }
}

TEST(SumPieceTest, StaysFiniteAtTheSmallestTemperatures) {
  const UnitMatrix queries(2, 32, 32, 1), columns(100, 32, 32, 2);
  const Sums sums = SumInTiles(queries, columns, 1e-3f, true, 2, false);
  for (const float number : sums.log_sum_exp) {
    EXPECT_TRUE(std::isfinite(number));
  }
  for (const float number : sums.mean_column) {
    EXPECT_TRUE(std::isfinite(number));
  }
}

TEST(SumPieceTest, LetsWhatIsNoNumberThrough) {
  const UnitMatrix queries(2, 32, 32, 1);
  UnitMatrix columns(100, 32, 32, 2);
  columns.numbers[32 * 70] = NAN;
  const Sums sums = SumInTiles(queries, columns, 0.2f, true, 2, false);
  EXPECT_TRUE(std::isnan(sums.log_sum_exp[0]));
  EXPECT_TRUE(std::isnan(sums.mean_column[0]));
}

}  // namespace
}  // namespace snclr
