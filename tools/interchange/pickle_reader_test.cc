// SPDX-License-Identifier: MIT
#include "tools/interchange/pickle_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/interchange/pickle_value.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

// A text literal with zeros inside.
template <size_t n>
std::string Bytes(const char (&text)[n]) {
  return std::string(text, n - 1);
}

std::string Text(const std::string& text) {
  return absl::StrCat("\x8c", std::string(1, static_cast<char>(text.size())),
                      text);
}

// A tensor of [sizes] from a storage of `count` floats.
std::string TensorPickle(const std::string& offset, const std::string& sizes,
                         const std::string& strides, char count) {
  return absl::StrCat(Bytes("\x80\x02"
                            "ctorch._utils\n_rebuild_tensor_v2\n(("),
                      Text("storage"), "ctorch\nFloatStorage\n", Text("7"),
                      Text("cpu"), "K", std::string(1, count), "tQ", offset,
                      sizes, strides,
                      "\x89"
                      "ccollections\nOrderedDict\n)RtR.");
}

absl::Status ErrorOf(const std::string& pickle) {
  PickleReader reader(pickle);
  return reader.Next().status();
}

TEST(PickleReaderTest, ReadsNumbersTextsAndContainers) {
  // {"a": -2, "b": (1.5, None, True), "c": [70000, b"x"]}, protocol 4's frames.
  const std::string pickle =
      Bytes("\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94(") + Text("a") +
      Bytes("J\xfe\xff\xff\xff") + Text("b") +
      Bytes("G\x3f\xf8\x00\x00\x00\x00\x00\x00N\x88\x87") + Text("c") +
      Bytes(
          "](\x8a\x03\x70\x11\x01"
          "C\x01xeu.");
  PickleReader reader(pickle);
  const auto read = reader.Next();
  ASSERT_TRUE(read.ok()) << read.status();
  const PickleValue& root = **read;
  EXPECT_EQ(*root.Find("a")->As<int64_t>(), -2);
  const auto& tuple = *root.Find("b")->As<PickleSequence>();
  ASSERT_EQ(tuple.items.size(), 3u);
  EXPECT_EQ(*tuple.items[0]->As<double>(), 1.5);
  EXPECT_NE(tuple.items[1]->As<PickleNone>(), nullptr);
  EXPECT_TRUE(*tuple.items[2]->As<bool>());
  const auto& list = *root.Find("c")->As<PickleSequence>();
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(*list.items[0]->As<int64_t>(), 70000);
  EXPECT_EQ(list.items[1]->As<PickleBytes>()->bytes, "x");
  EXPECT_EQ(root.Find("d"), nullptr);
  EXPECT_EQ(reader.position(), pickle.size());
}

TEST(PickleReaderTest, ReadsATensorAsAPlaceInAStorage) {
  PickleReader reader(TensorPickle("K\x01", "K\x02K\x03\x86", "K\x03K\x01\x86",
                                   /*count=*/7));
  const auto read = reader.Next();
  ASSERT_TRUE(read.ok()) << read.status();
  const auto* tensor = (*read)->As<TensorRef>();
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->storage.key, "7");
  EXPECT_EQ(tensor->storage.dtype, at::kFloat);
  EXPECT_EQ(tensor->offset, 1);
  EXPECT_EQ(tensor->sizes, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(reader.storages().count("7"), 1u);
}

TEST(PickleReaderTest, ATensorStaysWithinItsStorage) {
  // The same with one number less; a huge stride; a tensor that repeats one
  // number more often than memory holds.
  const std::string pickles[] = {
      TensorPickle("K\x01", "K\x02K\x03\x86", "K\x03K\x01\x86", 6),
      TensorPickle("K\x01", "K\x02K\x03\x86",
                   Bytes("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x01\x86"),
                   7),
      TensorPickle(Bytes("K\x00"), Bytes("J\xff\xff\xff\x7fK\x03\x86"),
                   Bytes("K\x00K\x00\x86"), 7),
  };
  for (const std::string& pickle : pickles) {
    EXPECT_THAT(std::string(ErrorOf(pickle).message()),
                HasSubstr("a tensor reaches beyond its storage '7'"));
  }
}

TEST(PickleReaderTest, RefusesEveryNameThatIsNotData) {
  for (const std::string& pickle :
       {Bytes("cposix\nsystem\n(") + Text("true") + Bytes("tR."),
        Text("builtins") + Text("eval") + Bytes("\x93."),
        Bytes("ctorch\nload\n)R."), Bytes("ccollections\ndefaultdict\n)R.")}) {
    const absl::Status status = ErrorOf(pickle);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("refused: it asks for"));
  }
  EXPECT_THAT(std::string(ErrorOf(Bytes("cposix\nsystem\n.")).message()),
              HasSubstr("'posix.system'"));
}

TEST(PickleReaderTest, RefusesOperationsThatNoCheckpointNeeds) {
  // EXT1, which looks a name up in a registry; INST, which calls a class.
  EXPECT_THAT(std::string(ErrorOf("\x82\x01.").message()),
              HasSubstr("operation 0x82"));
  EXPECT_THAT(std::string(ErrorOf("(ios\nsystem\n.").message()),
              HasSubstr("operation 0x69"));
}

TEST(PickleReaderTest, AListMayContainItself) {
  PickleReader reader(
      Bytes("]q\x00h\x00"
            "a."));
  ASSERT_TRUE(reader.Next().ok());
}

TEST(PickleReaderTest, NamesTheByteWhereItIsDamaged) {
  const absl::Status status = ErrorOf(Bytes("}h\x05."));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "byte 1 of its pickle: a reference to nothing");
}

// Whatever the bytes, an answer and no crash: prefixes, and drawn damage.
TEST(PickleReaderTest, DamagedPicklesAreErrorsOrValues) {
  const std::string whole =
      TensorPickle("K\x01", "K\x02K\x03\x86", "K\x03K\x01\x86", 7);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ErrorOf(whole.substr(0, length)).ok()) << length;
  }
  std::mt19937 draw(1);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) {
      damaged[draw() % damaged.size()] = static_cast<char>(draw());
    }
    refused += !ErrorOf(damaged).ok();
  }
  EXPECT_GT(refused, 15000);
}

}  // namespace
}  // namespace snclr
