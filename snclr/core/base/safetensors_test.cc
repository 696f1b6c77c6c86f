// SPDX-License-Identifier: MIT
#include "snclr/core/base/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace snclr {
namespace {

using testing::HasSubstr;

// A file with this header and that many bytes 0, 1, 2, ... of data.
std::string FileWith(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  for (size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string Wrong(const std::string& bytes) {
  const auto file = ParseTensorFile(bytes, "f");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kDataLoss);
  return std::string(file.status().message());
}

std::string Serialized(const TensorFile& file) {
  const auto bytes = SerializeTensorFile(file);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  std::string all = bytes->header;
  for (const at::Tensor& piece : bytes->pieces) {
    all.append(static_cast<const char*>(piece.const_data_ptr()),
               piece.nbytes());
  }
  return all;
}

TEST(SafetensorsTest, EveryTypeComesBackAsItWas) {
  TensorFile file;
  for (const auto type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
        at::kShort, at::kChar, at::kByte, at::kBool}) {
    file.tensors[c10::toString(type)] = at::arange(6).reshape({2, 3}).to(type);
  }
  file.tensors["scalar"] = at::ones({}, at::kDouble);
  file.tensors["empty"] = at::empty({0, 4}, at::kFloat);
  file.metadata = {{"case", "a \"quoted\" ä"}, {"none", ""}};
  const auto again = ParseTensorFile(Serialized(file), "f");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->metadata, file.metadata);
  ASSERT_EQ(again->tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    const at::Tensor& other = again->tensors.at(name);
    EXPECT_EQ(other.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(other, tensor)) << name;
  }
}

TEST(SafetensorsTest, WritesStridedAndTrainedTensorsAsTheirValues) {
  TensorFile file;
  file.tensors["t"] = at::arange(6, at::kFloat).reshape({2, 3}).t();
  file.tensors["w"] = at::ones({2}, at::kFloat).requires_grad_();
  const auto again = ParseTensorFile(Serialized(file), "f");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(at::equal(again->tensors.at("t"), file.tensors["t"]));
  EXPECT_TRUE(again->tensors.at("t").is_contiguous());
  EXPECT_FALSE(again->tensors.at("w").requires_grad());
}

// Byte by byte, so that other readers of the format agree.
TEST(SafetensorsTest, HasTheLayoutOfTheFormat) {
  TensorFile file;
  file.metadata["k"] = "v";
  file.tensors["w"] = at::ones({1, 2}, at::kFloat);
  const std::string bytes = Serialized(file);
  const std::string header =
      "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"F32\",\"shape\":[1,2]"
      ","
      "\"data_offsets\":[0,8]}}";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes, FileWith(header + padding, 0) +
                       std::string("\0\0\x80\x3F\0\0\x80\x3F", 8));
}

TEST(SafetensorsTest, ReadsAHandmadeFile) {
  const auto file = ParseTensorFile(
      FileWith(R"({"a":{"dtype":"U8","shape":[2,2],"data_offsets":[1,5]}})", 6),
      "f");
  ASSERT_TRUE(file.ok()) << file.status();
  const at::Tensor a = file->tensors.at("a");
  EXPECT_EQ(a.dim(), 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a.data_ptr<uint8_t>()[i], i + 1);
}

TEST(SafetensorsTest, NamesWhatIsWrongWithTheFile) {
  EXPECT_EQ(Wrong("abc"), "f: 3 bytes are no safetensors file");
  EXPECT_EQ(
      Wrong(std::string("\xFF\0\0\0\0\0\0\0{}", 10)),
      "f: no safetensors file, or cut short (header of 255 bytes, 2 there)");
  EXPECT_THAT(Wrong(std::string(16, '\xFF')), HasSubstr("no safetensors file"));
  EXPECT_EQ(Wrong(FileWith("{\"a\":", 0)), "f: its header is not JSON");
  EXPECT_EQ(Wrong(FileWith("[1]", 0)), "f: its header is not JSON");
  EXPECT_EQ(Wrong(FileWith("{\"__metadata__\": 3}", 0)), "f: damaged metadata");
}

std::string WrongTensor(const std::string& entry) {
  const std::string message = Wrong(FileWith("{\"a\":" + entry + "}", 8));
  const std::string begin = "f: tensor 'a': ";
  EXPECT_EQ(message.substr(0, begin.size()), begin);
  return message.substr(begin.size());
}

TEST(SafetensorsTest, NamesWhatIsWrongWithATensor) {
  EXPECT_EQ(WrongTensor("3"),
            "its header entry has no dtype, shape and data_offsets");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F32","shape":[2]})"),
            "its header entry has no dtype, shape and data_offsets");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F33","shape":[2],"data_offsets":[0,8]})"),
            "unknown dtype 'F33'");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"),
            "a shape that is no number");
  EXPECT_EQ(
      WrongTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,"8"]})"),
      "an offset that is no number");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
            "bytes 0 to 8 of 8; its shape needs 12");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})"),
            "bytes 4 to 12 of 8; its shape needs 8");
  EXPECT_EQ(WrongTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"),
            "bytes 8 to 0 of 8; its shape needs 8");
}

TEST(SafetensorsTest, RefusesShapesThatOverflow) {
  for (const char* shape :
       {"4611686018427387904,4", "9223372036854775808,0",
        "0,4294967296,4294967296", "18446744073709551615"}) {
    EXPECT_EQ(WrongTensor(std::string(R"({"dtype":"U8","shape":[)") + shape +
                          R"(],"data_offsets":[0,0]})"),
              "a shape that is too large")
        << shape;
  }
}

TEST(SafetensorsTest, AFileCutAnywhereIsDamaged) {
  TensorFile file;
  file.tensors["a"] = at::ones({4}, at::kFloat);
  file.tensors["b"] = at::ones({2}, at::kDouble);
  const std::string bytes = Serialized(file);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(ParseTensorFile(bytes.substr(0, length), "f").status().code(),
              absl::StatusCode::kDataLoss)
        << length;
  }
}

TEST(SafetensorsTest, RefusesToWriteWhatTheFormatHasNot) {
  TensorFile complex;
  complex.tensors["z"] = at::empty({2}, at::kComplexFloat);
  EXPECT_EQ(SerializeTensorFile(complex).status(),
            absl::InvalidArgumentError(
                "tensor 'z': safetensors has no type for ComplexFloat"));
  TensorFile binary;
  binary.metadata["host"] = "\xFF\xFE";
  EXPECT_EQ(SerializeTensorFile(binary).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SafetensorsTest, GetNamesTheClosestTensor) {
  TensorFile file;
  file.tensors["blocks.0.attn.qkv.weight"] = at::ones({1});
  file.tensors["norm.weight"] = at::ones({2});
  EXPECT_TRUE(file.Get("norm.weight").ok());
  EXPECT_TRUE(file.Has("norm.weight"));
  EXPECT_FALSE(file.Has("norm"));
  EXPECT_EQ(
      file.Get("blocks.0.attn.qvk.weight").status(),
      absl::NotFoundError("no tensor 'blocks.0.attn.qvk.weight' among 2; did "
                          "you mean 'blocks.0.attn.qkv.weight'?"));
}

TEST(SafetensorsTest, GoesThroughAFileOnDisk) {
  const std::string path = testing::TempDir() + "a.safetensors";
  TensorFile file;
  file.tensors["a"] = at::arange(3);
  ASSERT_TRUE(WriteTensorFile(file, path).ok());
  const auto again = ReadTensorFile(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(at::equal(again->tensors.at("a"), file.tensors["a"]));
}

TEST(SafetensorsTest, AMissingFileOrAFolderIsNotFound) {
  EXPECT_EQ(ReadTensorFile("none").status(),
            absl::NotFoundError("none: no file that can be read"));
  EXPECT_EQ(ReadTensorFile(testing::TempDir()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(WriteTensorFile({}, "none/a").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace snclr
