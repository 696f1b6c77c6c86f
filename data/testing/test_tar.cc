// SPDX-License-Identifier: MIT
#include "data/testing/test_tar.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {
namespace {

constexpr size_t kBlock = 512;

void Put(std::string& block, size_t offset, absl::string_view text) {
  block.replace(offset, text.size(), text.data(), text.size());
}

}  // namespace

std::string TarHeader(absl::string_view name, int64_t size, char type,
                      absl::string_view prefix) {
  std::string block(kBlock, '\0');
  Put(block, 0, name.substr(0, 100));
  Put(block, 100, "0000644");
  Put(block, 124, absl::StrFormat("%011o", size));
  Put(block, 136, "00000000000");
  Put(block, 148, "        ");
  block[156] = type;
  Put(block, 257,
      absl::string_view("ustar\0"
                        "00",
                        8));
  Put(block, 345, prefix);
  int sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  Put(block, 148, absl::StrFormat("%06o", sum));
  block[154] = '\0';
  return block;
}

std::string TarFile(absl::string_view name, absl::string_view data, char type,
                    absl::string_view prefix) {
  const size_t padding = (kBlock - data.size() % kBlock) % kBlock;
  return absl::StrCat(TarHeader(name, data.size(), type, prefix), data,
                      std::string(padding, '\0'));
}

std::string TarEnd() { return std::string(2 * kBlock, '\0'); }

}  // namespace snclr
