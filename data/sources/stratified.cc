// SPDX-License-Identifier: MIT
#include "data/sources/stratified.h"

#include <algorithm>
#include <numeric>

#include "data/order.h"
#include "data/source.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

size_t Bucket(int64_t label, size_t buckets) {
  return label == kUnlabelled ? buckets - 1 : label;
}

}  // namespace

std::vector<int64_t> CountByClass(int64_t size, int64_t classes,
                                  LabelOf label) {
  std::vector<int64_t> count(classes + 1, 0);
  for (int64_t i = 0; i < size; ++i) ++count[Bucket(label(i), count.size())];
  return count;
}

std::vector<bool> ChooseByClass(int64_t size,
                                const std::vector<int64_t>& quotas,
                                LabelOf label, SubsetPurpose purpose,
                                uint64_t seed) {
  const size_t buckets = quotas.size();
  const std::vector<int64_t> sizes = CountByClass(size, buckets - 1, label);
  // chosen_in_class[c][j]: whether the j-th image of class c is chosen.
  std::vector<std::vector<bool>> chosen_in_class(buckets);
  for (size_t c = 0; c < buckets; ++c) {
    chosen_in_class[c].resize(sizes[c], false);
    if (sizes[c] == 0) continue;
    const Order order(
        sizes[c],
        Random(seed, {kStreamSubset, static_cast<uint64_t>(purpose), c}));
    for (int64_t i = 0; i < quotas[c]; ++i) chosen_in_class[c][order[i]] = true;
  }
  std::vector<bool> chosen(size);
  std::vector<int64_t> seen(buckets, 0);
  for (int64_t i = 0; i < size; ++i) {
    const size_t c = Bucket(label(i), buckets);
    chosen[i] = chosen_in_class[c][seen[c]++];
  }
  return chosen;
}

std::vector<int64_t> EvenQuotas(const std::vector<int64_t>& sizes,
                                int64_t total) {
  std::vector<size_t> by_size(sizes.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](size_t a, size_t b) { return sizes[a] < sizes[b]; });
  std::vector<int64_t> quotas(sizes.size());
  int64_t left = by_size.size();
  for (const size_t c : by_size) {
    quotas[c] = std::min(sizes[c], total / left);
    total -= quotas[c];
    --left;
  }
  return quotas;
}

}  // namespace snclr
