// SPDX-License-Identifier: MIT
// Products of 64 queries with 64 rows by a block of threads (thread_block.h):
// queries lie in shared memory whole, rows come there in chunks of 128 bytes
// each, the next chunk being read while the one before is multiplied.
#ifndef SNCLR_CORE_OPS_TILE_PRODUCTS_H_
#define SNCLR_CORE_OPS_TILE_PRODUCTS_H_

#include <cmath>
#include <cstdint>

#include "snclr/core/ops/host_device.h"
#include "snclr/core/ops/thread_block.h"

namespace snclr {

constexpr int kTile = 64;               // queries, and rows
constexpr int kTileStride = kTile + 4;  // numbers between queries of a tile
constexpr int64_t kTileBytes = int64_t{4} * kTile * kTileStride;

// Sixteen bytes between the rows of a chunk, and of the queries, so that rows
// begin in different banks.
constexpr int kPadBytes = 16;
constexpr int kChunkBytes = 128;
constexpr int kChunkStrideBytes = kChunkBytes + kPadBytes;
constexpr int64_t kChunkSharedBytes = int64_t{kTile} * kChunkStrideBytes;

struct alignas(16) Pack {
  uint32_t of[4];
};

struct alignas(16) FourFloats {
  float of[4];
};

struct alignas(8) TwoFloats {
  float of[2];
};

// Rows of a matrix in memory: each begins at a multiple of 16 bytes and has
// whole chunks.
struct RowBytes {
  const unsigned char* data;
  int64_t stride;  // bytes
  int64_t rows;
};

// What a thread carries of a chunk.
struct ChunkPart {
  static constexpr int kPacks = kTile * kChunkBytes / 16 / kBlockThreads;
  Pack packs[kPacks];
};

// Reads this thread's part of a chunk; zeros from row `end` on.
SNCLR_HOST_DEVICE void ReadChunk(int thread, const RowBytes& matrix,
                                 int64_t first, int64_t end, int chunk,
                                 ChunkPart& part) {
  constexpr int kPerRow = kChunkBytes / 16;
  for (int i = 0; i < ChunkPart::kPacks; ++i) {
    const int place = thread + i * kBlockThreads;
    const int64_t row = first + place / kPerRow;
    const int64_t offset = row * matrix.stride +
                           static_cast<int64_t>(chunk) * kChunkBytes +
                           place % kPerRow * 16;
    part.packs[i] = row < end
                        ? *reinterpret_cast<const Pack*>(matrix.data + offset)
                        : Pack{{0, 0, 0, 0}};
  }
}

SNCLR_HOST_DEVICE void PutChunk(int thread, const ChunkPart& part,
                                unsigned char* shared) {
  constexpr int kPerRow = kChunkBytes / 16;
  for (int i = 0; i < ChunkPart::kPacks; ++i) {
    const int place = thread + i * kBlockThreads;
    *reinterpret_cast<Pack*>(shared + place / kPerRow * kChunkStrideBytes +
                             place % kPerRow * 16) = part.packs[i];
  }
}

// All of 64 queries, `bytes` each, into shared memory; zeros past the last one.
SNCLR_HOST_DEVICE void PutQueries(int thread, const RowBytes& queries,
                                  int64_t first, int bytes,
                                  unsigned char* shared) {
  const int per_row = bytes / 16;
  for (int place = thread; place < kTile * per_row; place += kBlockThreads) {
    const int row = place / per_row, pack = place % per_row;
    const bool there = first + row < queries.rows;
    *reinterpret_cast<Pack*>(shared + row * (bytes + kPadBytes) + pack * 16) =
        there ? *reinterpret_cast<const Pack*>(
                    queries.data + (first + row) * queries.stride + pack * 16)
              : Pack{{0, 0, 0, 0}};
  }
}

// Products in float32, by fused multiply-adds in the order of the elements: a
// similarity does not depend on where in a tile it is made. A thread makes 4 x
// 4 of them, for queries and rows that are 16 apart.
struct FloatProducts {
  static constexpr int kElementBytes = 4;
  struct Registers {
    float sums[4][4];
  };

  SNCLR_HOST_DEVICE static void Clear(Registers& mine) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) mine.sums[i][j] = 0;
    }
  }

  // `queries`: in shared memory at this chunk's elements, `stride` bytes apart.
  SNCLR_HOST_DEVICE static void Add(int thread, const unsigned char* queries,
                                    int stride, const unsigned char* chunk,
                                    Registers& mine) {
    const int row = thread / 16, column = thread % 16;
    for (int k = 0; k < kChunkBytes; k += 16) {
      FourFloats query[4], other[4];
      for (int i = 0; i < 4; ++i) {
        query[i] = *reinterpret_cast<const FourFloats*>(
            queries + (row + 16 * i) * stride + k);
        other[i] = *reinterpret_cast<const FourFloats*>(
            chunk + (column + 16 * i) * kChunkStrideBytes + k);
      }
      for (int e = 0; e < 4; ++e) {
        for (int i = 0; i < 4; ++i) {
          for (int j = 0; j < 4; ++j) {
            mine.sums[i][j] =
                fmaf(query[i].of[e], other[j].of[e], mine.sums[i][j]);
          }
        }
      }
    }
  }

  // [64, 64] numbers, kTileStride apart.
  SNCLR_HOST_DEVICE static void Put(int thread, const Registers& mine,
                                    float* tile) {
    const int row = thread / 16, column = thread % 16;
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) {
        tile[(row + 16 * i) * kTileStride + column + 16 * j] = mine.sums[i][j];
      }
    }
  }
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_TILE_PRODUCTS_H_
