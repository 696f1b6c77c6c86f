// SPDX-License-Identifier: MIT
#include "snclr/core/ops/cpu_attention.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <memory>

#include "snclr/core/ops/attention_kernel.h"
#include "snclr/core/ops/parallel.h"

namespace snclr {
namespace {

void CheckRows(const char* what, const at::Tensor& rows, at::IntArrayRef sizes,
               at::ScalarType type) {
  TORCH_CHECK(rows.is_cpu() && rows.scalar_type() == type &&
                  rows.sizes() == sizes && rows.stride(2) == 1,
              "CpuAttention: ", what, ": rows ", sizes, " of ", type,
              " on the CPU wanted; got ", rows.sizes(), ", strides ",
              rows.strides(), ", of ", rows.scalar_type(), " on ",
              rows.device());
}

// Returns Lq, L and D.
AttentionSizes CheckProjections(const Projections& of, int64_t heads) {
  const at::ScalarType type = of.query.scalar_type();
  TORCH_CHECK(of.query.dim() == 3 && of.key.dim() == 3,
              "CpuAttention: queries and keys [N, L, E] wanted; got ",
              of.query.sizes(), " and ", of.key.sizes());
  const int64_t n = of.query.size(0), width = of.query.size(2),
                keys = of.key.size(1);
  TORCH_CHECK(heads > 0 && width % heads == 0 && width > 0 && keys > 0 &&
                  of.query.size(1) > 0,
              "CpuAttention: ", width, " columns are not ", heads,
              " heads, or no query or key is there");
  CheckRows("queries", of.query, {n, of.query.size(1), width}, type);
  CheckRows("keys", of.key, {n, keys, width}, type);
  CheckRows("values", of.value, {n, keys, width}, type);
  return {of.query.size(1), keys, width / heads};
}

// A head's columns of an image.
template <typename T>
HeadRows<const T> Of(const at::Tensor& rows, int64_t image, int64_t column) {
  return {rows.const_data_ptr<T>() + image * rows.stride(0) + column,
          rows.stride(1)};
}

template <typename T>
HeadRows<T> Into(const at::Tensor& rows, int64_t image, int64_t column) {
  return {rows.mutable_data_ptr<T>() + image * rows.stride(0) + column,
          rows.stride(1)};
}

template <typename T>
AttentionInput<T> InputOf(const Projections& of, const AttentionSizes& sizes,
                          int64_t image, int64_t column) {
  return {sizes, Of<T>(of.query, image, column), Of<T>(of.key, image, column),
          Of<T>(of.value, image, column)};
}

// body(image, head, scratch) for each head of each image, on all threads.
template <typename T, typename Body>
void ForHeads(int64_t images, int64_t heads, const AttentionSizes& sizes,
              const Body& body) {
  // Scratch memory is made for each piece; each thread gets some.
  const int64_t grain =
      std::clamp<int64_t>(images * heads / (4 * at::get_num_threads()), 1, 16);
  ParallelFor(images * heads, grain, [&](int64_t begin, int64_t end) {
    const std::unique_ptr<T[]> scratch(new T[AttentionScratch(sizes)]);
    for (int64_t i = begin; i < end; ++i) {
      body(i / heads, i % heads, scratch.get());
    }
  });
}

}  // namespace

Attended CpuAttention(const Projections& of, int64_t heads) {
  const AttentionSizes sizes = CheckProjections(of, heads);
  const int64_t n = of.query.size(0);
  const Attended made = {
      at::empty({n, sizes.queries, of.query.size(2)}, of.query.options()),
      at::empty({n, heads, sizes.queries}, of.query.options())};
  AT_DISPATCH_FLOATING_TYPES(of.query.scalar_type(), "CpuAttention", [&] {
    ForHeads<scalar_t>(n, heads, sizes,
                       [&](int64_t image, int64_t head, scalar_t* scratch) {
                         const int64_t column = head * sizes.dim;
                         AttentionForward<scalar_t>(
                             InputOf<scalar_t>(of, sizes, image, column),
                             {Into<scalar_t>(made.rows, image, column),
                              made.log_sum_exp.mutable_data_ptr<scalar_t>() +
                                  (image * heads + head) * sizes.queries},
                             scratch, WidestVectors());
                       });
  });
  return made;
}

void CpuAttentionBackward(const at::Tensor& d_rows, const Projections& of,
                          const Attended& made, int64_t heads,
                          const Projections& gradients) {
  const AttentionSizes sizes = CheckProjections(of, heads);
  const at::ScalarType type = of.query.scalar_type();
  const int64_t n = of.query.size(0);
  CheckRows("the output's gradient", d_rows, of.query.sizes(), type);
  CheckRows("the output", made.rows, of.query.sizes(), type);
  CheckRows("log sum exp", made.log_sum_exp, {n, heads, sizes.queries}, type);
  TORCH_CHECK(made.log_sum_exp.is_contiguous(),
              "CpuAttention: log sum exp is to be contiguous");
  CheckRows("the queries' gradient", gradients.query, of.query.sizes(), type);
  CheckRows("the keys' gradient", gradients.key, of.key.sizes(), type);
  CheckRows("the values' gradient", gradients.value, of.value.sizes(), type);
  AT_DISPATCH_FLOATING_TYPES(type, "CpuAttention", [&] {
    ForHeads<scalar_t>(n, heads, sizes,
                       [&](int64_t image, int64_t head, scalar_t* scratch) {
                         const int64_t column = head * sizes.dim;
                         AttentionBackward<scalar_t>(
                             InputOf<scalar_t>(of, sizes, image, column),
                             {Of<scalar_t>(made.rows, image, column),
                              Of<scalar_t>(d_rows, image, column),
                              made.log_sum_exp.const_data_ptr<scalar_t>() +
                                  (image * heads + head) * sizes.queries},
                             {Into<scalar_t>(gradients.query, image, column),
                              Into<scalar_t>(gradients.key, image, column),
                              Into<scalar_t>(gradients.value, image, column)},
                             scratch, WidestVectors());
                       });
  });
}

}  // namespace snclr
