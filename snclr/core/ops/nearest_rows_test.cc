// SPDX-License-Identifier: MIT
// What the GPU's search does, done here: its selection, and its kernels' blocks
// thread by thread.
#include "snclr/core/ops/nearest_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/random.h"
#include "snclr/core/ops/thread_block_testing.h"

namespace snclr {
namespace {

TEST(ScoreRowTest, OrdersBySimilarityThenByLowerRow) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float numbers[] = {-infinity, -2,   -1e-30f, 0,
                           1e-30f,    0.5f, 1,       infinity};
  for (size_t i = 0; i + 1 < std::size(numbers); ++i) {
    EXPECT_LT(ScoreRow(numbers[i], 0), ScoreRow(numbers[i + 1], 9));
  }
  EXPECT_LT(ScoreRow(0.5f, 8), ScoreRow(0.5f, 7));
  EXPECT_EQ(ScoreRow(-0.0f, 3), ScoreRow(0.0f, 3));
  EXPECT_EQ(ScoreRow(NAN, 3), ScoreRow(-infinity, 3));
  EXPECT_LT(kNoRow, ScoreRow(NAN, std::numeric_limits<uint32_t>::max() - 1));
}

TEST(ScoreRowTest, GivesBackWhatItIsMadeOf) {
  for (const float number : {-1.5f, -1e-38f, 0.0f, 0.25f, 3e38f}) {
    EXPECT_EQ(SimilarityOf(ScoreRow(number, 123456789)), number);
    EXPECT_EQ(RowOf(ScoreRow(number, 123456789)), 123456789u);
  }
}

// The best by sorting all, the best first.
std::vector<ScoredRow> SortedBest(std::vector<ScoredRow> all, size_t k) {
  std::sort(all.begin(), all.end(), std::greater<>());
  all.resize(k);
  return all;
}

TEST(KeepBestTest, KeepsWhatASortPutsFirst) {
  Random random(1, {0});
  for (const int k : {1, 2, 3, 7, 30, 64}) {
    for (const int stride : {1, 5}) {
      std::vector<ScoredRow> all, kept(k * stride, kNoRow);
      for (uint32_t row = 0; row < 500; ++row) {
        // Few values, so that many rows tie.
        all.push_back(ScoreRow(random.Below(40) * 0.25f - 5, row));
        KeepBest(kept.data(), stride, k, all.back());
      }
      std::vector<ScoredRow> found;
      for (int i = 0; i < k; ++i) found.push_back(kept[i * stride]);
      std::sort(found.begin(), found.end(), std::greater<>());
      EXPECT_EQ(found, SortedBest(all, k)) << k;
    }
  }
}

// bfloat16 as the upper half of a float, its products by plain loops: where the
// tensor cores' are on a GPU, in everything else the same kernel.
uint16_t ToBfloat16(float number) {
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof(bits));
  bits += 0x7fff + (bits >> 16 & 1);
  return static_cast<uint16_t>(bits >> 16);
}
float FromBfloat16(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float number;
  std::memcpy(&number, &bits, sizeof(number));
  return number;
}

struct PlainHalfProducts {
  struct Registers {
    float sums[16];
  };
  static void Clear(Registers& mine) {
    for (float& sum : mine.sums) sum = 0;
  }
  static void Add(int thread, const unsigned char* queries, int stride,
                  const unsigned char* chunk, Registers& mine) {
    const auto* const query =
        reinterpret_cast<const uint16_t*>(queries + thread / 4 * stride);
    for (int i = 0; i < 16; ++i) {
      const auto* const row = reinterpret_cast<const uint16_t*>(
          chunk + (thread % 4 * 16 + i) * kChunkStrideBytes);
      for (int e = 0; e < kChunkBytes / 2; ++e) {
        mine.sums[i] += FromBfloat16(query[e]) * FromBfloat16(row[e]);
      }
    }
  }
  static void Put(int thread, const Registers& mine, float* tile) {
    for (int i = 0; i < 16; ++i) {
      tile[thread / 4 * kTileStride + thread % 4 * 16 + i] = mine.sums[i];
    }
  }
};

struct Matrix {
  Matrix(int64_t rows, int64_t dim, uint64_t seed)
      : rows(rows), dim(dim), floats(rows * dim), halves(rows * dim) {
    Random random(seed, {0});
    for (int64_t i = 0; i < rows * dim; ++i) {
      // Of few values: similarities tie.
      Set(i, static_cast<float>(random.Below(5)) - 2);
    }
  }
  void Set(int64_t i, float number) {
    floats[i] = number;
    halves[i] = ToBfloat16(number);
  }
  RowBytes Bytes(bool half) const {
    const void* const data = half ? static_cast<const void*>(halves.data())
                                  : static_cast<const void*>(floats.data());
    return {static_cast<const unsigned char*>(data), dim * (half ? 2 : 4),
            rows};
  }

  int64_t rows, dim;
  std::vector<float> floats;
  std::vector<uint16_t> halves;
};

struct Found {
  std::vector<float> similarity;
  std::vector<int64_t> index;
};

template <typename Products>
Found Find(const Matrix& queries, const Matrix& rows, int k, int64_t pieces,
           bool half, bool backwards) {
  std::vector<ScoredRow> kept(pieces * queries.rows * k, 77);
  const int row_bytes = static_cast<int>(rows.Bytes(half).stride);
  const NearestRowsPlan plan = {
      queries.Bytes(half), rows.Bytes(half), row_bytes, k, pieces, kept.data()};
  for (int64_t tile = 0; tile < (queries.rows + kTile - 1) / kTile; ++tile) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const SharedBytes shared(NearestRowsShared::Bytes(row_bytes, k));
      HostBlock<NearestRowsRegisters<Products>> block(backwards);
      FindNearestOfPiece<Products>(plan, tile, piece, shared.data(), block);
    }
  }
  Found found = {std::vector<float>(queries.rows * k, NAN),
                 std::vector<int64_t>(queries.rows * k, -1)};
  const MergePieces merge = {
      kept.data(),       queries.rows, pieces, k, found.similarity.data(),
      found.index.data()};
  for (int64_t i = queries.rows * pieces * k - 1; i >= 0; --i) merge(i);
  return found;
}

// By all products, in double (these are whole numbers), and a sort.
Found FindPlainly(const Matrix& queries, const Matrix& rows, int k) {
  Found found;
  for (int64_t q = 0; q < queries.rows; ++q) {
    std::vector<ScoredRow> all;
    for (int64_t r = 0; r < rows.rows; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < rows.dim; ++i) {
        sum += static_cast<double>(queries.floats[q * rows.dim + i]) *
               rows.floats[r * rows.dim + i];
      }
      all.push_back(
          ScoreRow(static_cast<float>(sum), static_cast<uint32_t>(r)));
    }
    for (const ScoredRow best : SortedBest(all, k)) {
      found.similarity.push_back(SimilarityOf(best));
      found.index.push_back(RowOf(best));
    }
  }
  return found;
}

void ExpectSame(const Found& a, const Found& b) {
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.similarity, b.similarity);
}

struct Case {
  int64_t queries, rows, dim;
  int k;
  int64_t pieces;
};

TEST(FindNearestOfPieceTest, FindsWhatAFullSortFinds) {
  const Case cases[] = {
      {3, 50, 64, 5, 1},      // less than a tile of each
      {70, 300, 128, 30, 3},  // a second query tile, pieces that end within one
      {64, 64, 64, 64, 1},    // all rows
      {1, 70, 64, 60, 4},     // pieces of less than K rows
      {2, 9, 64, 9, 7},       // pieces without any
  };
  for (const Case& c : cases) {
    const Matrix queries(c.queries, c.dim, 1), rows(c.rows, c.dim, 2);
    const Found expected = FindPlainly(queries, rows, c.k);
    for (const bool backwards : {false, true}) {
      SCOPED_TRACE(c.rows);
      ExpectSame(
          Find<FloatProducts>(queries, rows, c.k, c.pieces, false, backwards),
          expected);
      ExpectSame(Find<PlainHalfProducts>(queries, rows, c.k, c.pieces, true,
                                         backwards),
                 expected);
    }
  }
}

TEST(FindNearestOfPieceTest, GivesRowsThatExistWhereSimilaritiesAreNoNumbers) {
  Matrix queries(2, 64, 1);
  const Matrix rows(100, 64, 2);
  queries.Set(64, NAN);
  const Found found =
      Find<FloatProducts>(queries, rows, 4, 2, false, /*backwards=*/false);
  EXPECT_EQ(std::vector<int64_t>(found.index.begin() + 4, found.index.end()),
            (std::vector<int64_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace snclr
