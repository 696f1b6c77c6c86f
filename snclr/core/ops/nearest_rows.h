// SPDX-License-Identifier: MIT
// The K most similar of M rows for each of B queries, without their [B, M]
// matrix: what the GPU's kernels of nearest_rows_cuda.h do, written so that the
// CPU can do it too (thread_block.h).
//
// The rows are cut into pieces. A block of threads takes 64 queries and a
// piece, makes products 64 rows at a time in shared memory and keeps the K best
// of each query there; MergePieces then ranks what the pieces kept. What comes
// out depends on no piece and no thread, since no two rows are equal
// (best_k.h).
#ifndef SNCLR_CORE_OPS_NEAREST_ROWS_H_
#define SNCLR_CORE_OPS_NEAREST_ROWS_H_

#include <algorithm>
#include <cstdint>

#include "snclr/core/ops/best_k.h"
#include "snclr/core/ops/host_device.h"
#include "snclr/core/ops/thread_block.h"
#include "snclr/core/ops/tile_products.h"

namespace snclr {

// Of what is kept in shared memory for 64 queries.
constexpr int kMostNearest = 64;

struct NearestRowsPlan {
  RowBytes queries;  // [B, D]
  RowBytes rows;     // [M, D], of the queries' type; M < 2^32
  int row_bytes;     // of D elements: whole chunks
  int k;             // at most M and kMostNearest
  int64_t pieces;
  ScoredRow*
      kept;  // [pieces, B, K], in no order; kNoRow where a piece has less

  SNCLR_HOST_DEVICE int64_t RowsOfPiece() const {
    return (rows.rows + pieces - 1) / pieces;
  }
};

// Where things lie in a block's shared memory, which begins at a multiple of
// 128 bytes.
struct NearestRowsShared {
  SNCLR_HOST_DEVICE NearestRowsShared(const NearestRowsPlan& plan,
                                      unsigned char* shared)
      : queries(shared),
        chunk(queries + int64_t{kTile} * (plan.row_bytes + kPadBytes)),
        tile(reinterpret_cast<float*>(chunk + kChunkSharedBytes)),
        kept(reinterpret_cast<ScoredRow*>(chunk + kChunkSharedBytes +
                                          kTileBytes)),
        better(reinterpret_cast<uint32_t*>(kept + kTile * plan.k)) {}

  SNCLR_HOST_DEVICE static int64_t Bytes(int row_bytes, int k) {
    return int64_t{kTile} * (row_bytes + kPadBytes) + kChunkSharedBytes +
           kTileBytes + int64_t{8} * kTile * k + 4 * kBlockThreads;
  }

  unsigned char* queries;
  unsigned char* chunk;
  float* tile;       // [64, 64], similarities
  ScoredRow* kept;   // [K, 64], heaps
  uint32_t* better;  // [64, 4], which of a query's 64 may be kept
};

// Four threads look at a query's 64 new similarities, 16 each: the bits of
// those that are better than the worst that is kept.
SNCLR_HOST_DEVICE uint32_t BetterOf16(const float* tile, const ScoredRow* kept,
                                      int thread, int64_t first, int64_t end) {
  const int query = thread / 4;
  const ScoredRow worst = kept[query];
  uint32_t bits = 0;
  for (int i = 0; i < 16; ++i) {
    const int column = thread % 4 + 4 * i;
    const int64_t row = first + column;
    const float similarity = tile[query * kTileStride + column];
    if (row < end && worst < ScoreRow(similarity, static_cast<uint32_t>(row))) {
      bits |= 1u << i;
    }
  }
  return bits;
}

SNCLR_HOST_DEVICE int LowestBit(uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __ffs(static_cast<int>(bits)) - 1;
#else
  return __builtin_ctz(bits);
#endif
}

// Keeps them.
SNCLR_HOST_DEVICE void KeepBetter(const NearestRowsShared& at, int k, int query,
                                  int64_t first) {
  for (int quarter = 0; quarter < 4; ++quarter) {
    uint32_t bits = at.better[query * 4 + quarter];
    for (; bits != 0; bits &= bits - 1) {
      const int column = quarter + 4 * LowestBit(bits);
      KeepBest(at.kept + query, kTile, k,
               ScoreRow(at.tile[query * kTileStride + column],
                        static_cast<uint32_t>(first + column)));
    }
  }
}

template <typename Products>
struct NearestRowsRegisters {
  typename Products::Registers products;
  ChunkPart next;
};

// One block's work: 64 queries from 64 * `query_tile` on, with one piece.
// Products makes a tile's similarities, as FloatProducts does.
template <typename Products, typename Block>
SNCLR_HOST_DEVICE void FindNearestOfPiece(const NearestRowsPlan& plan,
                                          int64_t query_tile, int64_t piece,
                                          unsigned char* shared, Block& block) {
  using Registers = typename Block::Registers;
  const NearestRowsShared at(plan, shared);
  const int64_t first_query = query_tile * kTile;
  const int64_t begin = piece * plan.RowsOfPiece();
  const int64_t end = begin + plan.RowsOfPiece() < plan.rows.rows
                          ? begin + plan.RowsOfPiece()
                          : plan.rows.rows;
  const int chunks = plan.row_bytes / kChunkBytes;
  const int stride = plan.row_bytes + kPadBytes;
  const int64_t steps =
      begin < end ? (end - begin + kTile - 1) / kTile * chunks : 0;

  block.Each([&](int thread, Registers& mine) {
    PutQueries(thread, plan.queries, first_query, plan.row_bytes, at.queries);
    for (int i = thread; i < kTile * plan.k; i += kBlockThreads) {
      at.kept[i] = kNoRow;
    }
    if (steps == 0) return;
    ReadChunk(thread, plan.rows, begin, end, 0, mine.next);
    PutChunk(thread, mine.next, at.chunk);
  });
  int chunk = 0;
  int64_t first = begin;  // of the tile's rows
  for (int64_t step = 0; step < steps; ++step) {
    const bool last = chunk == chunks - 1;
    const int64_t next_first = last ? first + kTile : first;
    const int next_chunk = last ? 0 : chunk + 1;
    block.Each([&](int thread, Registers& mine) {
      if (step + 1 < steps) {
        ReadChunk(thread, plan.rows, next_first, end, next_chunk, mine.next);
      }
      if (chunk == 0) Products::Clear(mine.products);
      Products::Add(thread, at.queries + chunk * kChunkBytes, stride, at.chunk,
                    mine.products);
    });
    block.Each([&](int thread, Registers& mine) {
      if (step + 1 < steps) PutChunk(thread, mine.next, at.chunk);
      if (last) Products::Put(thread, mine.products, at.tile);
    });
    if (last) {
      block.Each([&](int thread, Registers&) {
        at.better[thread] =
            first_query + thread / 4 < plan.queries.rows
                ? BetterOf16(at.tile, at.kept, thread, first, end)
                : 0;
      });
      block.Each([&](int thread, Registers&) {
        if (thread % 4 == 0) KeepBetter(at, plan.k, thread / 4, first);
      });
    }
    first = next_first;
    chunk = next_chunk;
  }
  block.Each([&](int thread, Registers&) {
    for (int i = thread; i < kTile * plan.k; i += kBlockThreads) {
      const int64_t query = first_query + i / plan.k;
      if (query >= plan.queries.rows) continue;
      plan.kept[(piece * plan.queries.rows + query) * plan.k + i % plan.k] =
          at.kept[i % plan.k * kTile + i / plan.k];
    }
  });
}

// place = query * pieces * K + entry: puts what was kept where its rank is.
struct MergePieces {
  SNCLR_HOST_DEVICE void operator()(int64_t place) const {
    const int64_t each = pieces * k;
    const int64_t query = place / each, entry = place % each;
    const ScoredRow mine = kept[(entry / k * queries + query) * k + entry % k];
    if (mine == kNoRow) return;
    int64_t rank = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const ScoredRow* const others = kept + (piece * queries + query) * k;
      for (int i = 0; i < k; ++i) rank += mine < others[i] ? 1 : 0;
    }
    if (rank >= k) return;
    similarity[query * k + rank] = SimilarityOf(mine);
    index[query * k + rank] = RowOf(mine);
  }

  const ScoredRow* kept;  // NearestRowsPlan::kept
  int64_t queries;
  int64_t pieces;
  int k;
  float* similarity;  // [B, K], the most similar first
  int64_t* index;     // [B, K]
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_NEAREST_ROWS_H_
