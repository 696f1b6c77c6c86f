// SPDX-License-Identifier: MIT
#include "snclr/core/ops/best_of_blocks.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>

#include "snclr/core/ops/parallel.h"

namespace snclr {
namespace {

constexpr int64_t kRowsPerPiece = 4;

// What the two kinds of entries are made of.
struct Floats {
  using Number = float;
  static constexpr at::ScalarType kDtype = at::kFloat;
  static ScoredRow None() { return kNoRow; }
  static ScoredRow Make(float number, uint32_t column) {
    return ScoreRow(number, column);
  }
  static float NumberOf(ScoredRow entry) { return SimilarityOf(entry); }
  static uint32_t ColumnOf(ScoredRow entry) { return RowOf(entry); }
};

struct Doubles {
  using Number = double;
  static constexpr at::ScalarType kDtype = at::kDouble;
  static constexpr double kLowest = -std::numeric_limits<double>::infinity();
  static ScoredRowDouble None() {
    return {kLowest, std::numeric_limits<uint32_t>::max()};
  }
  static ScoredRowDouble Make(double number, uint32_t column) {
    return {number == number ? number : kLowest, column};
  }
  static double NumberOf(const ScoredRowDouble& entry) {
    return entry.similarity;
  }
  static uint32_t ColumnOf(const ScoredRowDouble& entry) { return entry.row; }
};

template <typename Entry>
struct KindOf;
template <>
struct KindOf<ScoredRow> : Floats {};
template <>
struct KindOf<ScoredRowDouble> : Doubles {};

}  // namespace

template <typename Entry>
BestOfBlocks<Entry>::BestOfBlocks(int64_t rows, int64_t k)
    : rows_(rows), k_(k), kept_(rows * k, KindOf<Entry>::None()) {}

template <typename Entry>
void BestOfBlocks<Entry>::Add(const at::Tensor& matrix, int64_t first) {
  using Kind = KindOf<Entry>;
  const int64_t block = matrix.size(1);
  const auto* const numbers =
      matrix.const_data_ptr<typename Kind::Number>();  // [B, block]
  const int k = static_cast<int>(k_);
  ParallelFor(rows_, kRowsPerPiece, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const auto* const of = numbers + row * block;
      Entry* const kept = kept_.data() + row * k_;
      // NaN or -infinity until there are K: then nothing is left out.
      auto worst = Kind::NumberOf(kept[0]);
      for (int64_t i = 0; i < block; ++i) {
        if (of[i] < worst) continue;  // nearly all
        const Entry entry = Kind::Make(of[i], static_cast<uint32_t>(first + i));
        if (!(kept[0] < entry)) continue;
        ReplaceWorst(kept, 1, k, entry);
        worst = Kind::NumberOf(kept[0]);
      }
    }
  });
}

template <typename Entry>
std::pair<at::Tensor, at::Tensor> BestOfBlocks<Entry>::Sorted() {
  using Kind = KindOf<Entry>;
  at::Tensor number = at::empty({rows_, k_}, Kind::kDtype);
  at::Tensor column = at::empty({rows_, k_}, at::kLong);
  auto* const numbers = number.data_ptr<typename Kind::Number>();
  int64_t* const columns = column.data_ptr<int64_t>();
  for (int64_t row = 0; row < rows_; ++row) {
    const auto kept = kept_.begin() + row * k_;
    std::sort(kept, kept + k_,
              [](const Entry& a, const Entry& b) { return b < a; });
    for (int64_t i = 0; i < k_; ++i) {
      numbers[row * k_ + i] = Kind::NumberOf(kept[i]);
      columns[row * k_ + i] = Kind::ColumnOf(kept[i]);
    }
  }
  return {number, column};
}

template class BestOfBlocks<ScoredRow>;
template class BestOfBlocks<ScoredRowDouble>;

}  // namespace snclr
