// SPDX-License-Identifier: MIT
#include "experiments/trainer/tensorboard.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "experiments/trainer/event.pb.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

std::string NewFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// CRC-32C bit by bit (Castagnoli, reflected polynomial 0x82F63B78), masked: not
// the code under test.
uint32_t SlowMaskedCrc(const std::string& bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

// The records of a file, every length and checksum compared.
std::vector<std::string> Records(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::vector<std::string> records;
  size_t at = 0;
  const auto take = [&](size_t count) {
    EXPECT_LE(at + count, bytes.size());
    at += count;
    return bytes.substr(at - count, count);
  };
  const auto number = [](const std::string& text) {
    uint64_t value = 0;
    std::memcpy(&value, text.data(), text.size());
    return value;
  };
  while (at < bytes.size()) {
    const std::string length = take(8);
    EXPECT_EQ(number(take(4)), SlowMaskedCrc(length));
    records.push_back(take(number(length)));
    EXPECT_EQ(number(take(4)), SlowMaskedCrc(records.back()));
  }
  return records;
}

TEST(MaskedCrc32cTest, AgreesWithThePublishedTestValueOfCrc32c) {
  // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8A9136AA.
  constexpr uint32_t kCrc = 0x8A9136AA;
  EXPECT_EQ(MaskedCrc32c(std::string(32, '\0')),
            ((kCrc >> 15) | (kCrc << 17)) + 0xA282EAD8);
}

TEST(EventWriterTest, RecordsReadBackWithTheirChecksums) {
  auto writer = EventWriter::Open(NewFolder("read_back"), 30);
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Scalars(30, {{"train/loss", 4.125}, {"train/lr", 1e-4}});
  (*writer)->Scalars(40, {{"knn_top1", 55.5}});

  const auto records = Records((*writer)->path());
  ASSERT_EQ(records.size(), 4u);
  std::vector<TensorBoardEvent> events(4);
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(events[i].ParseFromString(records[i]));
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].session_log().status(), TensorBoardSession::START);
  EXPECT_EQ(events[1].step(), 30);
  EXPECT_EQ(events[2].step(), 30);
  ASSERT_EQ(events[2].summary().value_size(), 2);
  EXPECT_EQ(events[2].summary().value(0).tag(), "train/loss");
  EXPECT_EQ(events[2].summary().value(0).simple_value(), 4.125f);
  EXPECT_EQ(events[2].summary().value(1).simple_value(), 1e-4f);
  EXPECT_EQ(events[3].step(), 40);
  EXPECT_GT(events[3].wall_time(), 1.5e9);
}

TEST(EventWriterTest, BytesAreThoseOfTensorFlowsFieldNumbers) {
  auto writer = EventWriter::Open(NewFolder("bytes"), 0);
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Scalars(5, {{"a", 1.0}});
  // wall_time: field 1, 8 bytes; step: field 2, varint; summary: field 5,
  // holding field 1 of {1: "a", 2: 1.0f}.
  const std::string record = Records((*writer)->path()).at(2);
  EXPECT_EQ(record.substr(0, 1), "\x09");
  EXPECT_EQ(record.substr(9), std::string("\x10\x05\x2a\x0a\x0a\x08\x0a\x01"
                                          "a\x15\x00\x00\x80\x3f",
                                          14));
}

TEST(EventWriterTest, NotANumberIsWrittenAsOne) {
  auto writer = EventWriter::Open(NewFolder("nan"), 0);
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Scalars(1, {{"loss", std::numeric_limits<double>::quiet_NaN()}});
  TensorBoardEvent event;
  ASSERT_TRUE(event.ParseFromString(Records((*writer)->path()).at(2)));
  EXPECT_TRUE(std::isnan(event.summary().value(0).simple_value()));
}

TEST(EventWriterTest, EveryOpeningMakesAFileOfItsOwn) {
  const std::string folder = NewFolder("twice");
  auto first = EventWriter::Open(folder, 0);
  auto second = EventWriter::Open(folder, 10);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE((*first)->path(), (*second)->path());
}

TEST(EventWriterTest, AMissingFolderIsNamed) {
  const auto writer = EventWriter::Open("/no/such/folder", 0);
  ASSERT_FALSE(writer.ok());
  EXPECT_NE(writer.status().message().find("/no/such/folder"),
            std::string::npos);
}

}  // namespace
}  // namespace snclr
