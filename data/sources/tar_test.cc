// SPDX-License-Identifier: MIT
#include "data/sources/tar.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/testing/test_images.h"
#include "data/testing/test_tar.h"

namespace snclr {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::string WriteArchive(const std::string& name, const std::string& bytes) {
  const std::string path = MakeTestFolder("tar_" + name) + "/a.tar";
  WriteTestFile(path, bytes);
  return path;
}

// Names and data of an archive's members.
absl::StatusOr<Members> ReadMembers(const std::string& path) {
  auto file = ReadOnlyFile::Open(path);
  if (!file.ok()) return file.status();
  Members members;
  const absl::Status status =
      ForEachTarMember(*file, [&](const TarMember& member) {
        members.emplace_back(member.name,
                             *file->ReadAt(member.offset, member.size));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return members;
}

void ExpectDamage(const std::string& path, const std::string& part) {
  const absl::Status status = ReadMembers(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
}

// "LENGTH key=value\n"; the length counts its own digits.
std::string PaxRecord(const std::string& key, const std::string& value) {
  size_t length = key.size() + value.size() + 3;
  length += absl::StrCat(length + 2).size();
  return absl::StrCat(length, " ", key, "=", value, "\n");
}

TEST(TarTest, ListsRegularFilesInOrder) {
  const std::string path = WriteArchive(
      "plain", TarFile("b.txt", "bee") + TarFile("folder/", "", '5') +
                   TarFile("folder/a", std::string(1000, 'a')) +
                   TarFile("link", "", '2') + TarFile("empty", "") + TarEnd());
  const auto members = ReadMembers(path);
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_EQ(*members, Members({{"b.txt", "bee"},
                               {"folder/a", std::string(1000, 'a')},
                               {"empty", ""}}));
}

TEST(TarTest, UnderstandsTheThreeKindsOfLongNames) {
  const std::string long_name(180, 'n');
  const std::string path = WriteArchive(
      "names",
      TarFile("tail.jpg", "1", '0', "some/prefix") +
          TarFile("././@LongLink", long_name + std::string(1, '\0'), 'L') +
          TarFile(long_name, "22") +
          TarFile(
              "pax",
              PaxRecord("mtime", "1.5") + PaxRecord("path", long_name + "p"),
              'x') +
          TarFile("short", "333") + TarFile("own", "4") + TarEnd());
  const auto members = ReadMembers(path);
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_EQ(*members, Members({{"some/prefix/tail.jpg", "1"},
                               {long_name, "22"},
                               {long_name + "p", "333"},
                               {"own", "4"}}));
}

TEST(TarTest, APaxSizeHoldsForTheNextMember) {
  std::string data = "hello";
  data.resize(512, '\0');
  const std::string path =
      WriteArchive("size", TarFile("pax", PaxRecord("size", "5"), 'x') +
                               TarHeader("sized", 0) + data +
                               TarFile("next", "x") + TarEnd());
  const auto members = ReadMembers(path);
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_EQ(*members, Members({{"sized", "hello"}, {"next", "x"}}));
}

TEST(TarTest, ACutArchiveIsNamed) {
  const std::string whole =
      TarFile("a", "x") + TarFile("b", std::string(600, 'y')) + TarEnd();
  ExpectDamage(WriteArchive("cut_data", whole.substr(0, 1024 + 512 + 100)),
               "names a file of 600 bytes, of which 100 are there");
  ExpectDamage(WriteArchive("cut_header", whole.substr(0, 1024 + 100)),
               "at byte 1024 is cut off");
}

TEST(TarTest, AMissingEndMarkIsNoDamage) {
  const auto members = ReadMembers(WriteArchive("no_end", TarFile("a", "x")));
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_EQ(members->size(), 1);
}

TEST(TarTest, ADamagedHeaderIsNamedWithItsPlace) {
  std::string bytes = TarFile("a", "x") + TarFile("b", "y") + TarEnd();
  bytes[1024 + 3] = 'z';
  ExpectDamage(WriteArchive("checksum", bytes), "at byte 1024 is damaged");
  ExpectDamage(WriteArchive("no_tar", std::string(2000, 'q')),
               "at byte 0 is damaged");
}

TEST(TarTest, AnErrorOfTheVisitorEndsTheWalk) {
  const auto file = ReadOnlyFile::Open(
      WriteArchive("visitor", TarFile("a", "") + TarFile("b", "") + TarEnd()));
  ASSERT_TRUE(file.ok());
  int visits = 0;
  const absl::Status status = ForEachTarMember(*file, [&](const TarMember&) {
    ++visits;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace snclr
