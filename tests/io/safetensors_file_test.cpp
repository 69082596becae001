#include "mae/io/safetensors_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "../base/temporary_folder.h"
#include "mae/base/error.h"

namespace mae {
namespace {

std::string container(const std::string& header, const std::string& data = "") {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + data;
}

std::string verdict_on(const std::string& bytes) {
  const TemporaryFolder folder;
  put_bytes(folder / "m.safetensors", bytes);
  try {
    SafetensorsFile(folder / "m.safetensors").verify();
    return "accepted";
  } catch (const DataError& error) {
    return error.what();
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
#define EXPECT_SAYS(verdict, part) EXPECT_PRED2(has, verdict, part)

struct Model {
  std::vector<float> weight = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> flags = {1, 0, 1};
  std::vector<double> wide = {0.5};
  std::map<std::string, TensorView> tensors = {
      {"block.weight", {ElementType::kFloat32, {2, 3}, weight.data()}},
      {"a.flags", {ElementType::kBool, {3}, flags.data()}},
      {"z.wide", {ElementType::kFloat64, {}, wide.data()}},
      {"none", {ElementType::kFloat32, {0, 7}, nullptr}}};
  std::map<std::string, std::string> metadata = {{"config", R"({"depth": 12})"}, {"format", "pt"}};
  void write(const std::string& path) const { write_safetensors(path, tensors, metadata); }
};

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const Model model;
  model.write(folder / "m");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m"});
  const SafetensorsFile file(folder / "m");
  EXPECT_EQ(file.metadata(), model.metadata) << "digests are not shown";
  EXPECT_TRUE(file.has_digests());
  ASSERT_EQ(file.entries().size(), 4U);
  for (const auto& [name, view] : model.tensors) {
    const SafetensorsFile::Entry& entry = file.entries().at(name);
    EXPECT_EQ(entry.type, view.type) << name;
    EXPECT_EQ(entry.shape, view.shape) << name;
    EXPECT_EQ(entry.offset % element_size(entry.type), 0) << name << " is not aligned";
  }
  std::vector<float> weight(6);
  file.read("block.weight", weight.data());
  EXPECT_EQ(weight, model.weight);
  double wide = 0;
  file.read("z.wide", &wide);
  EXPECT_EQ(wide, 0.5);
  EXPECT_THROW(file.read("missing", &wide), DataError);
}

TEST(Safetensors, EqualInputEqualBytes) {
  const TemporaryFolder folder;
  Model().write(folder / "a");
  Model().write(folder / "b");
  EXPECT_EQ(bytes_of(folder / "a"), bytes_of(folder / "b"));
}

TEST(Safetensors, HeaderIsWhatOtherReadersExpect) {
  const TemporaryFolder folder;
  Model().write(folder / "m");
  const std::string bytes = bytes_of(folder / "m");
  const auto length = static_cast<size_t>(static_cast<unsigned char>(bytes[0]) +
                                          256 * static_cast<unsigned char>(bytes[1]));
  EXPECT_EQ((8 + length) % 8, 0U);
  const nlohmann::json header = nlohmann::json::parse(bytes.substr(8, length));
  EXPECT_EQ(header["z.wide"],
            nlohmann::json::parse(R"({"dtype": "F64", "shape": [], "data_offsets": [0, 8]})"));
  EXPECT_EQ(header["block.weight"]["data_offsets"], (std::vector<int>{8, 32}));
  EXPECT_EQ(header["__metadata__"]["format"], "pt");
  EXPECT_EQ(bytes.size(), 8 + length + 8 + 24 + 3);
}

TEST(Safetensors, FilesOfOtherProgramsHaveNoDigests) {
  EXPECT_EQ(
      verdict_on(container(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}  )", "xy")),
      "accepted");
  EXPECT_EQ(
      verdict_on(container(
          R"({"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"a":{"dtype":"F16","shape":[1],)"
          R"("data_offsets":[0,2]},"__metadata__":{"k":"v"}})",
          "xyzw")),
      "accepted");
  EXPECT_EQ(verdict_on(container("{}")), "accepted");
}

TEST(Safetensors, EveryFlippedBitIsFound) {
  const TemporaryFolder folder;
  Model().write(folder / "m");
  const std::string bytes = bytes_of(folder / "m");
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, static_cast<int>(i % 8)}) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      // A flip inside the key "mae_digests" only turns the digests into metadata of another name.
      const size_t key = bytes.find("mae_digests");
      const bool is_key = i >= key && i < key + 11;
      if (!is_key) {
        ASSERT_NE(verdict_on(flipped), "accepted") << "byte " << i << " bit " << bit;
      }
    }
  }
}

TEST(Safetensors, EveryTruncationAndAppendixIsFound) {
  const TemporaryFolder folder;
  Model().write(folder / "m");
  const std::string bytes = bytes_of(folder / "m");
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_NE(verdict_on(bytes.substr(0, size)), "accepted") << size;
  EXPECT_SAYS(verdict_on(bytes + "x"), "1 bytes follow its end");
}

TEST(Safetensors, HostileHeadersAreRefused) {
  const auto tensor = [](const std::string& fields) {
    return verdict_on(container("{\"a\":{" + fields + "}}", "xy"));
  };
  const std::string type = R"("dtype":"U8")", shape = R"("shape":[2])",
                    offsets = R"("data_offsets":[0,2])";
  ASSERT_EQ(tensor(type + "," + shape + "," + offsets), "accepted");
  EXPECT_SAYS(tensor(type + "," + shape), "lacks dtype, shape or data_offsets");
  EXPECT_SAYS(tensor(type + "," + type + "," + shape + "," + offsets), "unexpected field dtype");
  EXPECT_SAYS(tensor(R"("dtype":"F8_E4M3",)" + shape + "," + offsets),
              "unknown element type F8_E4M3");
  EXPECT_SAYS(tensor(type + R"(,"shape":[3],)" + offsets), "2 bytes, but its shape is 3");
  EXPECT_SAYS(tensor(type + R"(,"shape":[4294967296,4294967296,2],)" + offsets), "is not possible");
  EXPECT_SAYS(tensor(type + R"(,"shape":[-2],)" + offsets), "negative number");
  EXPECT_SAYS(tensor(type + R"(,"shape":[2.0],)" + offsets), "fraction");
  EXPECT_SAYS(tensor(type + R"(,"shape":[[2]],)" + offsets), "list where none belongs");
  EXPECT_SAYS(tensor(type + "," + shape + R"(,"data_offsets":[2,0])"), "bytes, but its shape");
  EXPECT_SAYS(tensor(type + "," + shape + R"(,"data_offsets":[1,3])"), "holes or overlaps");
  EXPECT_SAYS(tensor(type + "," + shape + R"(,"data_offsets":[0,1,2])"), "lacks dtype");
  EXPECT_SAYS(
      tensor(type + "," + shape + R"(,"data_offsets":[9223372036854775807,9223372036854775809])"),
      "number");
  EXPECT_SAYS(tensor(type + "," + shape + "," + offsets + R"(,"more":{})"),
              "object where none belongs");
  const std::string good = "\"a\":{" + type + "," + shape + "," + offsets + "}";
  EXPECT_SAYS(verdict_on(container("{" + good + "," + good + "}", "xy")), "has the key a twice");
  EXPECT_SAYS(verdict_on(container(R"({"__metadata__":{"k":"1","k":"2"}})")),
              "metadata key k twice");
  EXPECT_SAYS(verdict_on(container(R"({"__metadata__":{"k":1}})")), "number where none belongs");
  EXPECT_SAYS(verdict_on(container(R"({"a":"text"})")), "text where none belongs");
  EXPECT_SAYS(verdict_on(container("[]")), "is not a safetensors file");
  EXPECT_SAYS(verdict_on(container("{" + std::string(100000, '[') + "}")), "not valid JSON");
  EXPECT_SAYS(verdict_on(container(R"({"a":)" + std::string(100000, '[') + "}")),
              "list where none belongs");
  EXPECT_SAYS(verdict_on(container("{\"" + std::string(2000, 'n') + "\":{}}")),
              "name of 2000 bytes");
  EXPECT_SAYS(verdict_on(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10)),
              "its header would have");
  EXPECT_SAYS(verdict_on(""), "it has 0 bytes");
}

TEST(Safetensors, SaysWhenThereIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_THROW(SafetensorsFile(folder / "none"), DataError);
  EXPECT_THROW(SafetensorsFile(folder.path()), DataError);
}

}  // namespace
}  // namespace mae
