// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_huffman.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snclr/core/base/random.h"

namespace snclr {
namespace {

// Bits as text, filled up with ones to whole bytes, as JPEG writes them.
std::vector<uint8_t> Packed(std::string bits) {
  while (bits.size() % 8 != 0) bits += '1';
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < bits.size(); i += 8) {
    bytes.push_back(std::stoi(bits.substr(i, 8), nullptr, 2));
    if (bytes.back() == 0xFF) bytes.push_back(0);
  }
  return bytes;
}

TEST(JpegBitsTest, GivesTheBitsThatWerePutInWhateverTheBytes) {
  Random random(3, {0});
  std::string text;
  for (int i = 0; i < 4000; ++i) {
    // Long runs of ones make bytes of 255.
    text += random.Below(8) == 0 ? '0' : '1';
  }
  std::vector<uint8_t> bytes = Packed(text);
  bytes.insert(bytes.end(), {0xFF, 0xD9});
  JpegBits bits(bytes.data(), bytes.data() + bytes.size());
  size_t at = 0;
  while (at + 32 < text.size()) {
    const int count = static_cast<int>(1 + random.Below(32));
    bits.RefillIfBelow(32);
    ASSERT_EQ(bits.Look(count), std::stoul(text.substr(at, count), nullptr, 2));
    bits.Take(count);
    at += count;
  }
  EXPECT_FALSE(bits.IsPast());
  while (at < text.size()) {
    bits.RefillIfBelow(1);
    ASSERT_EQ(bits.Look(1), static_cast<uint32_t>(text[at++] - '0'));
    bits.Take(1);
  }
  EXPECT_TRUE(bits.Align());
  EXPECT_EQ(bits.at(), bytes.data() + bytes.size() - 2);
}

TEST(JpegBitsTest, TellsThatMoreWasTakenThanThereIs) {
  const std::vector<uint8_t> bytes = {0xA5, 0xFF, 0xD9};
  JpegBits bits(bytes.data(), bytes.data() + bytes.size());
  bits.Refill();
  bits.Take(8);
  EXPECT_FALSE(bits.IsPast());
  bits.Take(1);
  EXPECT_TRUE(bits.IsPast());
  EXPECT_FALSE(bits.Align());
}

TEST(JpegBitsTest, WholeBytesThatNobodyTookAreNoAlignment) {
  const std::vector<uint8_t> bytes = {0xA5, 0x5A, 0xFF, 0xD9};
  JpegBits bits(bytes.data(), bytes.data() + bytes.size());
  bits.Refill();
  bits.Take(5);
  EXPECT_FALSE(bits.Align());
}

// One code of each length from 1 to 16: 0, 10, 110, ...; sixteen ones are none.
TEST(JpegCodesTest, ReadsCodesOfAnyLength) {
  uint8_t lengths[16], symbols[256] = {};
  for (int i = 0; i < 16; ++i) {
    lengths[i] = 1;
    symbols[i] = static_cast<uint8_t>(200 + i);
  }
  JpegCodes codes;
  ASSERT_TRUE(codes.Build(lengths, symbols));
  for (int i = 0; i < 16; ++i) {
    const std::vector<uint8_t> bytes =
        Packed(std::string(i, '1') + "0" + std::string(24, '0'));
    JpegBits bits(bytes.data(), bytes.data() + bytes.size());
    bits.Refill();
    EXPECT_EQ(codes.Symbol(bits), 200 + i);
    EXPECT_EQ(bits.Look(20), 0u) << "more than the code was taken";
  }
  const std::vector<uint8_t> ones = Packed(std::string(32, '1'));
  JpegBits bits(ones.data(), ones.data() + ones.size());
  bits.Refill();
  EXPECT_EQ(codes.Symbol(bits), -1);
}

TEST(JpegCodesTest, RefusesWhatIsNoPrefixCode) {
  uint8_t symbols[256] = {};
  uint8_t too_many[16] = {3};
  uint8_t all_ones[16] = {2};
  uint8_t good[16] = {1, 1};
  JpegCodes codes;
  EXPECT_FALSE(codes.Build(too_many, symbols));
  EXPECT_FALSE(codes.Build(all_ones, symbols));
  EXPECT_TRUE(codes.Build(good, symbols));
}

// Symbol 0x23, the code 10: two zeros, then three bits of value.
TEST(JpegCodesTest, AStepIsACodeWithItsValue) {
  uint8_t lengths[16] = {1, 1};
  uint8_t symbols[256] = {0x00, 0x23};
  JpegCodes codes;
  ASSERT_TRUE(codes.Build(lengths, symbols));
  const std::vector<uint8_t> bytes = Packed(
      "10"
      "010"
      "0"
      "0000000000");
  JpegBits bits(bytes.data(), bytes.data() + bytes.size());
  bits.Refill();
  JpegCodes::Step step = codes.Look(bits);
  EXPECT_EQ(step.run, 2);
  EXPECT_EQ(step.value, -5);  // 010 of three bits: 2 - 7
  ASSERT_EQ(step.length, 5);
  bits.Take(step.length);
  step = codes.Look(bits);
  EXPECT_EQ(step.run, JpegCodes::kEndOfBlock);
  EXPECT_EQ(step.length, 1);
}

TEST(JpegValueTest, ThoseThatBeginWithZeroAreNegative) {
  EXPECT_EQ(JpegValue(1, 1), 1);
  EXPECT_EQ(JpegValue(0, 1), -1);
  EXPECT_EQ(JpegValue(4, 3), 4);
  EXPECT_EQ(JpegValue(0, 3), -7);
  EXPECT_EQ(JpegValue(0, 15), -32767);
}

}  // namespace
}  // namespace snclr
