// SPDX-License-Identifier: MIT
#include "snclr/core/ops/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "snclr/core/ops/vector_clones.h"

namespace snclr {
namespace {

// Everything below is inlined into one function for each width of the machine's
// vectors (kBytes), which alone is compiled for that machine.

// Rows of a tile of a product; scratch matrices have room for whole tiles.
constexpr int kRows = 6;
constexpr int64_t kWidest = 16;   // numbers in the widest vector
constexpr int64_t kQueries = 48;  // of which scores are held at a time

int64_t RoundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

template <typename T, int kBytes>
struct VectorOf {
  // May lie anywhere, over numbers that are read one by one too.
  typedef T Type
      __attribute__((vector_size(kBytes), aligned(sizeof(T)), may_alias));
  static constexpr int kLanes = kBytes / sizeof(T);
  // As many as leave registers for a row of b and a number of a.
  static constexpr int kVectors = kBytes == 64 ? 4 : 2;
};

// A matrix in scratch memory; what lies beyond its rows and columns is there.
template <typename T>
struct Matrix {
  T* first;
  int64_t row, column;  // numbers from a row, a column to the next

  T* At(int64_t i, int64_t j) const { return first + i * row + j * column; }
  Matrix Transposed() const { return {first, column, row}; }
};

template <typename T>
Matrix<T> RowMajor(T* first, int64_t columns) {
  return {first, columns, 1};
}

// kRows rows and kVectors vectors of c = a b, or += with `add`.
template <typename T, int kBytes, int kVectors>
SNCLR_INLINE void Tile(const Matrix<T>& a, const T* b, int64_t b_row,
                       int64_t depth, bool add, T* c, int64_t c_row) {
  using V = typename VectorOf<T, kBytes>::Type;
  constexpr int kLanes = VectorOf<T, kBytes>::kLanes;
  V sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      sums[i][v] =
          add ? *reinterpret_cast<const V*>(c + i * c_row + v * kLanes) : V{};
    }
  }
  const T* numbers = a.first;
  for (int64_t k = 0; k < depth; ++k) {
    V rows[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      rows[v] = *reinterpret_cast<const V*>(b + v * kLanes);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const T number = numbers[i * a.row];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[i][v] += number * rows[v];
    }
    numbers += a.column;
    b += b_row;
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      *reinterpret_cast<V*>(c + i * c_row + v * kLanes) = sums[i][v];
    }
  }
}

// c [rows, columns] = a [rows, depth] b [depth, columns], or += with `add`.
// b and c are row-major; rows are made up to whole tiles, columns to vectors.
template <typename T, int kBytes>
SNCLR_INLINE void Multiply(const Matrix<T>& a, const Matrix<T>& b, int64_t rows,
                           int64_t columns, int64_t depth, bool add,
                           const Matrix<T>& c) {
  using Vector = VectorOf<T, kBytes>;
  const int64_t vectors = (columns + Vector::kLanes - 1) / Vector::kLanes;
  // Panels as even as can be: five vectors are 3 + 2, not 4 + 1.
  int64_t panels = (vectors + Vector::kVectors - 1) / Vector::kVectors;
  int64_t begin = 0;
  for (; panels > 0; --panels) {
    const int64_t width = (vectors - begin + panels - 1) / panels;
    const T* const b_panel = b.At(0, begin * Vector::kLanes);
    for (int64_t i = 0; i < rows; i += kRows) {
      const Matrix<T> a_rows = {a.At(i, 0), a.row, a.column};
      T* const c_tile = c.At(i, begin * Vector::kLanes);
      switch (width) {
        case 1:
          Tile<T, kBytes, 1>(a_rows, b_panel, b.row, depth, add, c_tile, c.row);
          break;
        case 2:
          Tile<T, kBytes, 2>(a_rows, b_panel, b.row, depth, add, c_tile, c.row);
          break;
        case 3:
          Tile<T, kBytes, std::min(3, Vector::kVectors)>(
              a_rows, b_panel, b.row, depth, add, c_tile, c.row);
          break;
        default:
          Tile<T, kBytes, Vector::kVectors>(a_rows, b_panel, b.row, depth, add,
                                            c_tile, c.row);
      }
    }
    begin += width;
  }
}

// e^x for x <= 0 (a little above does no harm), and 0 below -60: products of
// smaller weights would be subnormal numbers, which make a step ten times as
// slow. As in Cephes: 2^n e^r with |r| <= ln 2 / 2, e^r a polynomial.
SNCLR_INLINE float ExpOf(float x) {
  constexpr float kLowest = -60;
  constexpr float kMagic = 12582912.f;  // 1.5 2^23: adding it rounds
  const float shifted = x * 1.44269504f + kMagic;
  const float n = shifted - kMagic;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float e = 1.9875691500e-4f;
  e = e * r + 1.3981999507e-3f;
  e = e * r + 8.3334519073e-3f;
  e = e * r + 4.1665795894e-2f;
  e = e * r + 1.6666665459e-1f;
  e = e * r + 5.0000001201e-1f;
  e = e * r * r + r + 1.f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits - 0x4b400000 + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof(power));
  return x < kLowest ? 0.f : e * power;  // a NaN stays
}

SNCLR_INLINE double ExpOf(double x) { return std::exp(x); }

// row [n] = e^(row - shift), 0 in what is padding, [n, padded).
template <typename T>
SNCLR_INLINE void Exponentials(T* __restrict__ row, T shift, int64_t n,
                               int64_t padded) {
  for (int64_t j = 0; j < padded; ++j) row[j] = ExpOf(row[j] - shift);
  for (int64_t j = n; j < padded; ++j) row[j] = 0;
}

struct Larger {
  template <typename V>
  SNCLR_INLINE static void Into(V& kept, const V& other) {
    kept = other > kept ? other : kept;
  }
};

struct Plus {
  template <typename V>
  SNCLR_INLINE static void Into(V& kept, const V& other) {
    kept += other;
  }
};

// Of a vector's numbers, half by half.
template <typename T, int kBytes, typename Operation>
SNCLR_INLINE T Reduced(const T* lanes) {
  if constexpr (kBytes == 16) {
    T kept = lanes[0];
    for (int l = 1; l < VectorOf<T, 16>::kLanes; ++l) {
      Operation::Into(kept, lanes[l]);
    }
    return kept;
  } else {
    using Half = typename VectorOf<T, kBytes / 2>::Type;
    Half kept = *reinterpret_cast<const Half*>(lanes);
    Operation::Into(kept, *reinterpret_cast<const Half*>(
                              lanes + VectorOf<T, kBytes / 2>::kLanes));
    return Reduced<T, kBytes / 2, Operation>(reinterpret_cast<const T*>(&kept));
  }
}

// The largest of the first n. Where there is a NaN, any number or NaN.
template <typename T, int kBytes>
SNCLR_INLINE T Largest(const T* row, int64_t n) {
  using V = typename VectorOf<T, kBytes>::Type;
  constexpr int kLanes = VectorOf<T, kBytes>::kLanes;
  T largest = row[0];
  int64_t j = n - n % kLanes;
  for (int64_t tail = j; tail < n; ++tail) {
    Larger::Into(largest, row[tail]);
  }
  if (j == 0) return largest;
  V lanes = *reinterpret_cast<const V*>(row);
  for (j -= kLanes; j > 0; j -= kLanes) {
    Larger::Into(lanes, *reinterpret_cast<const V*>(row + j));
  }
  Larger::Into(largest,
               Reduced<T, kBytes, Larger>(reinterpret_cast<const T*>(&lanes)));
  return largest;
}

template <typename T, int kBytes>
SNCLR_INLINE T Sum(const T* row, int64_t padded) {
  using V = typename VectorOf<T, kBytes>::Type;
  V lanes = {};
  for (int64_t j = 0; j < padded; j += VectorOf<T, kBytes>::kLanes) {
    lanes += *reinterpret_cast<const V*>(row + j);
  }
  return Reduced<T, kBytes, Plus>(reinterpret_cast<const T*>(&lanes));
}

template <typename T, int kBytes>
SNCLR_INLINE T Dot(const T* a, const T* b, int64_t n) {
  using V = typename VectorOf<T, kBytes>::Type;
  constexpr int kLanes = VectorOf<T, kBytes>::kLanes;
  V lanes = {};
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    lanes +=
        *reinterpret_cast<const V*>(a + j) * *reinterpret_cast<const V*>(b + j);
  }
  T sum = Reduced<T, kBytes, Plus>(reinterpret_cast<const T*>(&lanes));
  for (; j < n; ++j) sum += a[j] * b[j];
  return sum;
}

// The sizes of what is in scratch memory.
struct Padded {
  explicit Padded(const AttentionSizes& sizes)
      : dim(RoundUp(sizes.dim, kWidest)),
        keys(RoundUp(sizes.keys, kWidest)),
        key_rows(RoundUp(sizes.keys, kRows)),
        query_rows(RoundUp(std::min(sizes.queries, kQueries), kRows)) {}

  int64_t dim, keys;             // columns
  int64_t key_rows, query_rows;  // of a matrix that has them as rows
};

// Hands out the scratch memory.
template <typename T>
class Scratch {
 public:
  explicit Scratch(T* first) : next_(first) {}

  Matrix<T> Take(int64_t rows, int64_t columns) {
    T* const first = next_;
    next_ += rows * columns;
    return RowMajor(first, columns);
  }

 private:
  T* next_;
};

// Rows [begin, begin + n) with `scale`, zeros up to `columns`.
template <typename T>
SNCLR_INLINE void Copy(const HeadRows<const T>& from, int64_t begin, int64_t n,
                       int64_t dim, T scale, const Matrix<T>& to) {
  for (int64_t i = 0; i < n; ++i) {
    const T* __restrict__ source = from.Row(begin + i);
    T* __restrict__ target = to.At(i, 0);
    for (int64_t d = 0; d < dim; ++d) target[d] = source[d] * scale;
    for (int64_t d = dim; d < to.row; ++d) target[d] = 0;
  }
}

// The same, and zeros in the rows beyond n that a last tile reads.
template <typename T>
SNCLR_INLINE void CopyTiles(const HeadRows<const T>& from, int64_t begin,
                            int64_t n, int64_t dim, T scale,
                            const Matrix<T>& to) {
  Copy(from, begin, n, dim, scale, to);
  std::fill(to.At(n, 0), to.At(RoundUp(n, kRows), 0), T{0});
}

// [n, dim] to [dim, columns], zeros beyond n.
template <typename T>
SNCLR_INLINE void CopyTransposed(const HeadRows<const T>& from, int64_t n,
                                 int64_t dim, const Matrix<T>& to) {
  constexpr int64_t kBlock = 16;
  for (int64_t begin = 0; begin < to.row; begin += kBlock) {
    for (int64_t d = 0; d < dim; ++d) {
      T* const target = to.At(d, begin);
      for (int64_t j = 0; j < kBlock; ++j) {
        target[j] = begin + j < n ? from.Row(begin + j)[d] : 0;
      }
    }
  }
}

template <typename T>
SNCLR_INLINE void CopyOut(const Matrix<T>& from, int64_t n, int64_t dim,
                          const HeadRows<T>& to, int64_t begin) {
  for (int64_t i = 0; i < n; ++i) {
    T* __restrict__ target = to.Row(begin + i);
    const T* __restrict__ source = from.At(i, 0);
    for (int64_t d = 0; d < dim; ++d) target[d] = source[d];
  }
}

template <typename T, int kBytes>
SNCLR_INLINE void Forward(const AttentionInput<T>& input,
                          const AttentionOutput<T>& output, T* memory) {
  const auto [queries, keys, dim] = input.sizes;
  const Padded padded(input.sizes);
  Scratch<T> scratch(memory);
  const Matrix<T> key_columns = scratch.Take(dim, padded.keys);
  const Matrix<T> value = scratch.Take(keys, padded.dim);
  const Matrix<T> query = scratch.Take(padded.query_rows, padded.dim);
  const Matrix<T> scores = scratch.Take(padded.query_rows, padded.keys);
  const Matrix<T> mixed = scratch.Take(padded.query_rows, padded.dim);
  const T scale = 1 / std::sqrt(static_cast<T>(dim));
  CopyTransposed(input.key, keys, dim, key_columns);
  Copy(input.value, 0, keys, dim, T{1}, value);
  for (int64_t begin = 0; begin < queries; begin += kQueries) {
    const int64_t n = std::min(kQueries, queries - begin);
    CopyTiles(input.query, begin, n, dim, scale, query);
    Multiply<T, kBytes>(query, key_columns, n, keys, dim, /*add=*/false,
                        scores);
    T sums[kQueries];
    for (int64_t i = 0; i < n; ++i) {
      T* const row = scores.At(i, 0);
      const T largest = Largest<T, kBytes>(row, keys);
      Exponentials(row, largest, keys, padded.keys);
      sums[i] = Sum<T, kBytes>(row, padded.keys);
      output.log_sum_exp[begin + i] = largest + std::log(sums[i]);
    }
    Multiply<T, kBytes>(scores, value, n, dim, keys, /*add=*/false, mixed);
    for (int64_t i = 0; i < n; ++i) {
      const T inverse = 1 / sums[i];
      T* __restrict__ target = output.rows.Row(begin + i);
      const T* __restrict__ source = mixed.At(i, 0);
      for (int64_t d = 0; d < dim; ++d) target[d] = source[d] * inverse;
    }
  }
}

// With P the weights, dO the output's gradient and s = 1 / sqrt(D):
//   dV = P^T dO,  dS = P (dO V^T - rowsum(dO O)),  dQ = s dS K,  dK = s dS^T Q,
// block of queries by block; only weights of a block are ever held. (Tri Dao et
// al., "FlashAttention", 2022, appendix B.2.)
template <typename T, int kBytes>
SNCLR_INLINE void Backward(const AttentionInput<T>& input,
                           const AttentionMade<T>& made,
                           const AttentionGradients<T>& gradients, T* memory) {
  const auto [queries, keys, dim] = input.sizes;
  const Padded padded(input.sizes);
  Scratch<T> scratch(memory);
  const Matrix<T> key = scratch.Take(keys, padded.dim);
  const Matrix<T> key_columns = scratch.Take(dim, padded.keys);
  const Matrix<T> value_columns = scratch.Take(dim, padded.keys);
  const Matrix<T> query = scratch.Take(padded.query_rows, padded.dim);
  const Matrix<T> d_mixed = scratch.Take(padded.query_rows, padded.dim);
  const Matrix<T> weights = scratch.Take(padded.query_rows, padded.keys);
  const Matrix<T> d_scores = scratch.Take(padded.query_rows, padded.keys);
  const Matrix<T> d_query = scratch.Take(padded.query_rows, padded.dim);
  // Read in tiles by columns of `weights`, which may end in a tile's middle.
  const Matrix<T> d_key = scratch.Take(padded.key_rows, padded.dim);
  const Matrix<T> d_value = scratch.Take(padded.key_rows, padded.dim);
  const T scale = 1 / std::sqrt(static_cast<T>(dim));
  Copy(input.key, 0, keys, dim, scale, key);
  CopyTransposed(input.key, keys, dim, key_columns);
  CopyTransposed(input.value, keys, dim, value_columns);
  for (int64_t begin = 0; begin < queries; begin += kQueries) {
    const int64_t n = std::min(kQueries, queries - begin);
    CopyTiles(input.query, begin, n, dim, scale, query);
    CopyTiles(made.gradient, begin, n, dim, T{1}, d_mixed);
    Multiply<T, kBytes>(query, key_columns, n, keys, dim, /*add=*/false,
                        weights);
    Multiply<T, kBytes>(d_mixed, value_columns, n, keys, dim, /*add=*/false,
                        d_scores);
    for (int64_t i = 0; i < n; ++i) {
      T* __restrict__ row = weights.At(i, 0);
      T* __restrict__ d_row = d_scores.At(i, 0);
      Exponentials(row, made.log_sum_exp[begin + i], keys, padded.keys);
      const T along =
          Dot<T, kBytes>(made.rows.Row(begin + i), d_mixed.At(i, 0), dim);
      for (int64_t j = 0; j < padded.keys; ++j) {
        d_row[j] = row[j] * (d_row[j] - along);
      }
    }
    Multiply<T, kBytes>(d_scores, key, n, dim, keys, /*add=*/false, d_query);
    CopyOut(d_query, n, dim, gradients.query, begin);
    Multiply<T, kBytes>(weights.Transposed(), d_mixed, keys, dim, n, begin > 0,
                        d_value);
    Multiply<T, kBytes>(d_scores.Transposed(), query, keys, dim, n, begin > 0,
                        d_key);
  }
  CopyOut(d_key, keys, dim, gradients.key, 0);
  CopyOut(d_value, keys, dim, gradients.value, 0);
}

#if defined(__x86_64__) && defined(__GNUC__)
#define SNCLR_AVX2 __attribute__((target("avx2,fma")))
#define SNCLR_AVX512 __attribute__((target("avx512f")))

bool Has(int vector_bytes) {
  return vector_bytes == 64
             ? __builtin_cpu_supports("avx512f")
             : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
#define SNCLR_AVX2
#define SNCLR_AVX512

bool Has(int) { return false; }
#endif

template <typename T>
SNCLR_AVX512 void ForwardBy64(const AttentionInput<T>& input,
                              const AttentionOutput<T>& output, T* scratch) {
  Forward<T, 64>(input, output, scratch);
}

template <typename T>
SNCLR_AVX2 void ForwardBy32(const AttentionInput<T>& input,
                            const AttentionOutput<T>& output, T* scratch) {
  Forward<T, 32>(input, output, scratch);
}

template <typename T>
SNCLR_AVX512 void BackwardBy64(const AttentionInput<T>& input,
                               const AttentionMade<T>& made,
                               const AttentionGradients<T>& gradients,
                               T* scratch) {
  Backward<T, 64>(input, made, gradients, scratch);
}

template <typename T>
SNCLR_AVX2 void BackwardBy32(const AttentionInput<T>& input,
                             const AttentionMade<T>& made,
                             const AttentionGradients<T>& gradients,
                             T* scratch) {
  Backward<T, 32>(input, made, gradients, scratch);
}

}  // namespace

int WidestVectors() {
  static const int widest = Has(64) ? 64 : Has(32) ? 32 : 16;
  return widest;
}

int64_t AttentionScratch(const AttentionSizes& sizes) {
  const Padded padded(sizes);
  // The backward pass's, which has more; a tile over columns of its weights
  // reads up to kRows numbers behind the last.
  return 2 * sizes.dim * padded.keys +
         (sizes.keys + 3 * padded.query_rows + 2 * padded.key_rows) *
             padded.dim +
         2 * padded.query_rows * padded.keys + kWidest;
}

template <typename T>
void AttentionForward(const AttentionInput<T>& input,
                      const AttentionOutput<T>& output, T* scratch,
                      int vector_bytes) {
  if (vector_bytes == 64) return ForwardBy64(input, output, scratch);
  if (vector_bytes == 32) return ForwardBy32(input, output, scratch);
  Forward<T, 16>(input, output, scratch);
}

template <typename T>
void AttentionBackward(const AttentionInput<T>& input,
                       const AttentionMade<T>& made,
                       const AttentionGradients<T>& gradients, T* scratch,
                       int vector_bytes) {
  if (vector_bytes == 64) return BackwardBy64(input, made, gradients, scratch);
  if (vector_bytes == 32) return BackwardBy32(input, made, gradients, scratch);
  Backward<T, 16>(input, made, gradients, scratch);
}

#define SNCLR_FOR(T)                                                  \
  template void AttentionForward(const AttentionInput<T>&,            \
                                 const AttentionOutput<T>&, T*, int); \
  template void AttentionBackward(const AttentionInput<T>&,           \
                                  const AttentionMade<T>&,            \
                                  const AttentionGradients<T>&, T*, int)
SNCLR_FOR(float);
SNCLR_FOR(double);
#undef SNCLR_FOR

}  // namespace snclr
