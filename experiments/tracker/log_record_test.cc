// SPDX-License-Identifier: MIT
#include "experiments/tracker/log_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Records(const std::vector<std::string>& contents) {
  std::string bytes;
  for (const std::string& content : contents) PutLogRecord(content, &bytes);
  return bytes;
}

struct Taken {
  int64_t bytes;
  std::vector<std::string> records;
  std::vector<LogDamage> damages;
};

Taken Take(absl::string_view bytes, bool is_end = true, int64_t offset = 0) {
  Taken taken;
  taken.bytes =
      TakeLogRecords(bytes, offset, is_end, &taken.records, &taken.damages);
  return taken;
}

TEST(LogRecordTest, HasTheBytesThatTheHeaderSays) {
  // CRC-32C of 02 00 00 00 'h' 'i', by a bitwise implementation.
  uint32_t crc = ~0u;
  for (const unsigned char byte : std::string("\x02\0\0\0hi", 6)) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
  }
  std::string wanted("\xA7rec\x02\0\0\0", 8);
  PutLittleEndian(~crc, 4, &wanted);
  EXPECT_EQ(Records({"hi"}), wanted + "hi");
}

TEST(LogRecordTest, ReturnsWhatWasPut) {
  const std::string binary("\0\xA7rec\xFF", 6);
  const std::string bytes = Records({"one", "", binary});
  const Taken taken = Take(bytes);
  EXPECT_THAT(taken.records, ElementsAre("one", "", binary));
  EXPECT_THAT(taken.damages, IsEmpty());
  EXPECT_EQ(taken.bytes, static_cast<int64_t>(bytes.size()));
}

TEST(LogRecordTest, StopsBeforeARecordCutShortAtAnyByte) {
  const std::string first = Records({"first"});
  const std::string bytes = first + Records({"second"});
  for (size_t length = first.size(); length < bytes.size(); ++length) {
    for (const bool is_end : {true, false}) {
      const Taken taken =
          Take(absl::string_view(bytes).substr(0, length), is_end);
      EXPECT_THAT(taken.records, ElementsAre("first")) << length;
      EXPECT_THAT(taken.damages, IsEmpty()) << length;
      EXPECT_EQ(taken.bytes, static_cast<int64_t>(first.size())) << length;
    }
  }
}

TEST(LogRecordTest, SkipsAndNamesADamagedMiddleWhateverByteIsWrong) {
  const std::string first = Records({"first"});
  const std::string second = Records({"second"});
  for (size_t wrong = 0; wrong < second.size(); ++wrong) {
    std::string bytes = first + second + Records({"third"});
    bytes[first.size() + wrong] ^= 0x40;
    const Taken taken = Take(bytes, /*is_end=*/true, /*offset=*/100);
    EXPECT_THAT(taken.records, ElementsAre("first", "third")) << wrong;
    ASSERT_EQ(taken.damages.size(), 1u) << wrong;
    EXPECT_EQ(taken.damages[0].offset,
              100 + static_cast<int64_t>(first.size()));
    EXPECT_EQ(taken.damages[0].bytes, static_cast<int64_t>(second.size()));
  }
}

TEST(LogRecordTest, TakesNothingFromAnEndOfZeros) {
  const std::string first = Records({"first"});
  const Taken taken = Take(first + std::string(4096, '\0'));
  EXPECT_THAT(taken.records, ElementsAre("first"));
  EXPECT_EQ(taken.bytes, static_cast<int64_t>(first.size()));
}

}  // namespace
}  // namespace snclr
