// SPDX-License-Identifier: MIT
// streaming_log_sum_exp.h in one kernel, without a logit in memory: what
// log_sum_exp_cuda.h runs on a GPU, written so that the CPU can do it too
// (thread_block.h).
//
// The columns are cut into pieces. A block of threads takes 64 queries and a
// piece, makes logits 64 columns at a time in shared memory, and keeps for each
// query a running maximum, the sum of exp(logit - maximum), and, where a
// gradient is wanted, the sum of columns weighted so (as FlashAttention does,
// arXiv:2205.14135, the columns being both keys and values). MergeSums brings
// the pieces together, in their order. All of it in float32.
#ifndef SNCLR_CORE_OPS_LOG_SUM_EXP_TILES_H_
#define SNCLR_CORE_OPS_LOG_SUM_EXP_TILES_H_

#include <cmath>
#include <cstdint>

#include "snclr/core/ops/host_device.h"
#include "snclr/core/ops/thread_block.h"
#include "snclr/core/ops/tile_products.h"

namespace snclr {

struct LogSumExpPlan {
  RowBytes queries;  // [B, D] float
  RowBytes columns;  // [N, D] float, N > 0
  int row_bytes;     // of D elements: whole chunks
  float temperature;
  bool with_mean;
  int64_t pieces;
  float* maximum;   // [pieces, B]
  float* sum;       // [pieces, B]
  float* weighted;  // [pieces, B, D]; null without the mean

  SNCLR_HOST_DEVICE int64_t ColumnsOfPiece() const {
    return (columns.rows + pieces - 1) / pieces;
  }
};

// Where things lie in a block's shared memory, which begins at a multiple of
// 128 bytes.
struct LogSumExpShared {
  SNCLR_HOST_DEVICE LogSumExpShared(const LogSumExpPlan& plan,
                                    unsigned char* shared)
      : queries(shared),
        chunk(queries + QueryBytes(plan.row_bytes)),
        tile(reinterpret_cast<float*>(chunk + kChunkSharedBytes)),
        parts(tile + kTile * kTileStride),
        sums(parts + kBlockThreads),
        maximum(sums + kBlockThreads),
        sum(maximum + kTile),
        decay(sum + kTile),
        weighted(decay + kTile) {}

  SNCLR_HOST_DEVICE static int64_t QueryBytes(int row_bytes) {
    return int64_t{kTile} * (row_bytes + kPadBytes);
  }
  SNCLR_HOST_DEVICE static int64_t Bytes(int row_bytes, bool with_mean) {
    return QueryBytes(row_bytes) * (with_mean ? 2 : 1) + kChunkSharedBytes +
           kTileBytes + 4 * (2 * kBlockThreads + 3 * kTile);
  }

  unsigned char* queries;
  unsigned char* chunk;
  float* tile;      // [64, 64], logits, then their exponentials
  float* parts;     // [64, 4], maxima of 16 logits each
  float* sums;      // [64, 4], sums of 16 exponentials each
  float* maximum;   // [64], running
  float* sum;       // [64]
  float* decay;     // [64], what the new maximum makes of what was summed
  float* weighted;  // [64, D], rows as far apart as the queries'
};

// Four threads look at a query's 64 logits, 16 each.
SNCLR_HOST_DEVICE float MaximumOf16(const float* tile, int thread) {
  const float* const logits = tile + thread / 4 * kTileStride + thread % 4;
  float maximum = logits[0];
  for (int i = 1; i < 16; ++i) maximum = fmaxf(maximum, logits[4 * i]);
  return maximum;
}

SNCLR_HOST_DEVICE float MaximumWith(const LogSumExpShared& at, int query) {
  float maximum = at.maximum[query];
  for (int i = 0; i < 4; ++i) {
    maximum = fmaxf(maximum, at.parts[query * 4 + i]);
  }
  return maximum;
}

// Turns this thread's 16 logits into exponentials, and returns their sum.
SNCLR_HOST_DEVICE float Exponentials(float* tile, int thread, float maximum) {
  float* const logits = tile + thread / 4 * kTileStride + thread % 4;
  float sum = 0;
  for (int i = 0; i < 16; ++i) {
    const float term = expf(logits[4 * i] - maximum);
    logits[4 * i] = term;
    sum += term;
  }
  return sum;
}

// weighted = weighted * decay + exponentials . columns for the 32 elements of a
// chunk; a thread for 4 queries that are 16 apart, and 2 elements.
SNCLR_HOST_DEVICE void AddWeighted(const LogSumExpShared& at, int thread,
                                   int stride, int chunk) {
  const int row = thread / 16, element = thread % 16 * 2;
  float sums[4][2];
  float* into[4];
  for (int i = 0; i < 4; ++i) {
    const int query = row + 16 * i;
    into[i] =
        at.weighted + query * stride + chunk * (kChunkBytes / 4) + element;
    for (int e = 0; e < 2; ++e) sums[i][e] = into[i][e] * at.decay[query];
  }
  const auto* const columns =
      reinterpret_cast<const float*>(at.chunk) + element;
  constexpr int kStride = kChunkStrideBytes / 4;
  for (int n = 0; n < kTile; n += 4) {
    FourFloats terms[4];
    for (int i = 0; i < 4; ++i) {
      terms[i] = *reinterpret_cast<const FourFloats*>(
          at.tile + (row + 16 * i) * kTileStride + n);
    }
    for (int j = 0; j < 4; ++j) {
      const TwoFloats column =
          *reinterpret_cast<const TwoFloats*>(columns + (n + j) * kStride);
      for (int i = 0; i < 4; ++i) {
        for (int e = 0; e < 2; ++e) {
          sums[i][e] = fmaf(terms[i].of[j], column.of[e], sums[i][e]);
        }
      }
    }
  }
  for (int i = 0; i < 4; ++i) {
    for (int e = 0; e < 2; ++e) into[i][e] = sums[i][e];
  }
}

struct LogSumExpRegisters {
  FloatProducts::Registers products;
  ChunkPart next;
};

// One block's work: 64 queries from 64 * `query_tile` on, with one piece.
template <typename Block>
SNCLR_HOST_DEVICE void SumPiece(const LogSumExpPlan& plan, int64_t query_tile,
                                int64_t piece, unsigned char* shared,
                                Block& block) {
  using Registers = typename Block::Registers;
  const LogSumExpShared at(plan, shared);
  const int64_t first_query = query_tile * kTile;
  const int64_t begin = piece * plan.ColumnsOfPiece();
  const int64_t end = begin + plan.ColumnsOfPiece() < plan.columns.rows
                          ? begin + plan.ColumnsOfPiece()
                          : plan.columns.rows;
  const int chunks = plan.row_bytes / kChunkBytes;
  const int query_bytes = plan.row_bytes + kPadBytes;
  const int stride = query_bytes / 4;
  const int dim = plan.row_bytes / 4;
  // A tile's chunks come for its logits, and once more for the weighted sum.
  const int stages = plan.with_mean ? 2 * chunks : chunks;
  const int64_t steps =
      begin < end ? (end - begin + kTile - 1) / kTile * stages : 0;

  block.Each([&](int thread, Registers& mine) {
    PutQueries(thread, plan.queries, first_query, plan.row_bytes, at.queries);
    if (thread < kTile) {
      at.maximum[thread] = -INFINITY;
      at.sum[thread] = 0;
    }
    if (plan.with_mean) {
      for (int i = thread; i < kTile * stride; i += kBlockThreads) {
        at.weighted[i] = 0;
      }
    }
    if (steps == 0) return;
    ReadChunk(thread, plan.columns, begin, end, 0, mine.next);
    PutChunk(thread, mine.next, at.chunk);
  });
  int stage = 0;
  int64_t first = begin;  // of the tile's columns
  for (int64_t step = 0; step < steps; ++step) {
    const bool logits = stage < chunks;
    const int chunk = logits ? stage : stage - chunks;
    const int next_stage = stage == stages - 1 ? 0 : stage + 1;
    const int next_chunk =
        next_stage < chunks ? next_stage : next_stage - chunks;
    const int64_t next_first = next_stage == 0 ? first + kTile : first;
    block.Each([&](int thread, Registers& mine) {
      if (step + 1 < steps) {
        ReadChunk(thread, plan.columns, next_first, end, next_chunk, mine.next);
      }
      if (!logits) {
        AddWeighted(at, thread, stride, chunk);
        return;
      }
      if (chunk == 0) FloatProducts::Clear(mine.products);
      FloatProducts::Add(thread, at.queries + chunk * kChunkBytes, query_bytes,
                         at.chunk, mine.products);
    });
    block.Each([&](int thread, Registers& mine) {
      if (step + 1 < steps) PutChunk(thread, mine.next, at.chunk);
      if (stage == chunks - 1) {
        FloatProducts::Put(thread, mine.products, at.tile);
      }
    });
    if (stage == chunks - 1) {
      block.Each([&](int thread, Registers&) {
        float* const own = at.tile + thread / 4 * kTileStride + thread % 4;
        for (int i = 0; i < 16; ++i) {
          own[4 * i] = first + thread % 4 + 4 * i < end
                           ? own[4 * i] / plan.temperature
                           : -INFINITY;
        }
        at.parts[thread] = MaximumOf16(at.tile, thread);
      });
      block.Each([&](int thread, Registers&) {
        const int query = thread / 4;
        const float maximum = MaximumWith(at, query);
        at.sums[thread] = Exponentials(at.tile, thread, maximum);
        if (thread % 4 == 0) {
          at.decay[query] = expf(at.maximum[query] - maximum);
        }
      });
      block.Each([&](int thread, Registers&) {
        if (thread >= kTile) return;
        const float* const sums = at.sums + thread * 4;
        at.maximum[thread] = MaximumWith(at, thread);
        at.sum[thread] = at.sum[thread] * at.decay[thread] +
                         ((sums[0] + sums[1]) + (sums[2] + sums[3]));
      });
    }
    first = next_first;
    stage = next_stage;
  }
  block.Each([&](int thread, Registers&) {
    const int64_t queries = plan.queries.rows;
    const int64_t from = piece * queries + first_query;
    if (thread < kTile && first_query + thread < queries) {
      plan.maximum[from + thread] = at.maximum[thread];
      plan.sum[from + thread] = at.sum[thread];
    }
    if (!plan.with_mean) return;
    for (int i = thread; i < kTile * dim; i += kBlockThreads) {
      const int query = i / dim, element = i % dim;
      if (first_query + query >= queries) continue;
      plan.weighted[(from + query) * dim + element] =
          at.weighted[query * stride + element];
    }
  });
}

// place = query * width + element: the pieces' sums brought together. width is
// D with a mean, else 1.
struct MergeSums {
  SNCLR_HOST_DEVICE void operator()(int64_t place) const {
    const int64_t query = place / width, element = place % width;
    float highest = maximum[query];
    for (int64_t piece = 1; piece < pieces; ++piece) {
      highest = fmaxf(highest, maximum[piece * queries + query]);
    }
    float total = 0, mean = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t from = piece * queries + query;
      const float scale = expf(maximum[from] - highest);
      total += sum[from] * scale;
      if (mean_column != nullptr) {
        mean += weighted[from * width + element] * scale;
      }
    }
    if (element == 0) log_sum_exp[query] = highest + logf(total);
    if (mean_column != nullptr) mean_column[place] = mean / total;
  }

  const float* maximum;  // LogSumExpPlan's
  const float* sum;
  const float* weighted;
  int64_t queries;
  int64_t pieces;
  int64_t width;
  float* log_sum_exp;  // [B]
  float* mean_column;  // [B, D], or null
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_LOG_SUM_EXP_TILES_H_
