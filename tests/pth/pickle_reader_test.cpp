#include "mae/pth/pickle_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mae/base/error.h"

namespace mae::pth {
namespace {

const std::string kProto = "\x80\x02";

nlohmann::json value_of(const std::string& opcodes) {
  const Pickle pickle = parse_pickle(kProto + opcodes + ".", "t.pth");
  return pickle.to_json(pickle.root);
}

std::string refusal_of(const std::string& bytes) {
  try {
    parse_pickle(bytes, "t.pth");
    return "accepted";
  } catch (const DataError& error) {
    return error.what();
  }
}

std::string little(uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

TEST(PickleReader, ReadsNumbers) {
  EXPECT_EQ(value_of("K\xff"), 255);
  EXPECT_EQ(value_of("M" + little(65535, 2)), 65535);
  EXPECT_EQ(value_of("J" + little(0xFFFFFFFE, 4)), -2);
  EXPECT_EQ(value_of(std::string("\x8a\x00", 2)), 0) << "no bytes are zero";
  EXPECT_EQ(value_of("\x8a\x01\xff"), -1) << "one byte is signed";
  EXPECT_EQ(value_of("\x8a\x08" + little(0x8000000000000000, 8)), INT64_MIN);
  EXPECT_EQ(value_of("G" + std::string("\x3f\xe8\x00\x00\x00\x00\x00\x00", 8)), 0.75);
  EXPECT_EQ(value_of("\x88"), true);
  EXPECT_EQ(value_of("N"), nullptr);
}

TEST(PickleReader, ReadsContainersAndTexts) {
  EXPECT_EQ(value_of("(K\x01K\x02t"), nlohmann::json({1, 2}));
  EXPECT_EQ(value_of("K\x01K\x02K\x03\x87"), nlohmann::json({1, 2, 3})) << "in this order";
  EXPECT_EQ(value_of("](K\x01K\x02"
                     "eK\x03"
                     "a"),
            nlohmann::json({1, 2, 3}));
  EXPECT_EQ(value_of("}X" + little(1, 4) + "aK\x01s"), nlohmann::json({{"a", 1}}));
  EXPECT_EQ(value_of("}(\x8c\x01"
                     "aK\x01\x8c\x01"
                     "bK\x02u"),
            nlohmann::json({{"a", 1}, {"b", 2}}));
  EXPECT_EQ(value_of("K\x07q\x05"
                     "0h\x05"),
            7)
      << "recalled after its value was dropped";
  EXPECT_EQ(value_of("K\x07\x94K\x08\x94"
                     "00h\x01"),
            8)
      << "memoised in order";
}

TEST(PickleReader, NamespacesAreMapsAndCallsAreNames) {
  const std::string ns = "cargparse\nNamespace\n)\x81}X" + little(2, 4) + "lrG" +
                         std::string("\x3f\xe0\x00\x00\x00\x00\x00\x00", 8) + "sb";
  EXPECT_EQ(value_of(ns), nlohmann::json({{"lr", 0.5}}));
  EXPECT_EQ(value_of("cpathlib\nPosixPath\nX" + little(3, 4) + "out\x85R"), "<pathlib PosixPath>");
  EXPECT_EQ(value_of("ccollections\nOrderedDict\n)R}b"), nlohmann::json::object())
      << "the state of a dictionary is not its contents";
}

TEST(PickleReader, RefusesForeignGlobalsByName) {
  for (const char* name : {"os\nsystem", "builtins\neval", "builtins\ngetattr", "posix\nsystem",
                           "torch.nn.modules.linear\nLinear", "numpy\nload"}) {
    const std::string text = refusal_of(kProto + "c" + name + "\n.");
    std::string dotted = name;
    dotted[dotted.find('\n')] = '.';
    EXPECT_NE(text.find("names " + dotted + ","), std::string::npos) << text;
  }
  const std::string stacked = refusal_of("\x80\x04\x8c\x02os\x8c\x06system\x93.");
  EXPECT_NE(stacked.find("os.system"), std::string::npos) << stacked;
}

TEST(PickleReader, RefusesWhatDoesNotFit) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "cut short"},
      {kProto, "cut short"},
      {"\x80\x01N.", "protocol 1"},
      {kProto + ".", "empty stack"},
      {kProto + "t.", "not opened"},
      {kProto + "(K\x01"
                "0"
                "0.",
       "empty stack"},
      {kProto + "K\x01K\x02s.", "empty stack"},
      {kProto + "K\x01K\x02K\x03s.", "cannot hold"},
      {kProto + "}(K\x01u.", "without a value"},
      {kProto + "h\x05.", "did not keep"},
      {kProto + "X" + little(0xFFFFFFFF, 4) + "a.", "cut short"},
      {kProto + "\x8e" + little(~uint64_t{0}, 8) + "a.", "cut short"},
      {kProto + "K\x01)R.", "without a name"},
      {kProto + "\xff.", "unknown opcode"},
      {kProto + "cos", "cut short"}};
  for (const auto& [bytes, reason] : cases)
    EXPECT_NE(refusal_of(bytes).find(reason), std::string::npos)
        << reason << ": " << refusal_of(bytes);
}

// Every beginning of a valid pickle is refused, and none is accepted early.
TEST(PickleReader, RefusesEveryCut) {
  const std::string whole =
      kProto + "}(X" + little(1, 4) + "a(K\x01K\x02tX" + little(1, 4) + "b\x8a\x02\x34\x12u.";
  ASSERT_EQ(refusal_of(whole), "accepted");
  for (size_t bytes = 0; bytes < whole.size(); ++bytes)
    EXPECT_NE(refusal_of(whole.substr(0, bytes)), "accepted") << bytes;
}

// A short file may ask for one container again and again; copies of it must not add up.
TEST(PickleReader, CopiesOfContainersAreBounded) {
  std::string bytes = kProto + "(";
  for (int i = 0; i < 100'000; ++i) bytes += "N";
  bytes +=
      "tq\x01"
      "0cpathlib\nPath\nq\x02"
      "0";
  for (int i = 0; i < 100'000; ++i) bytes += "h\x02h\x01R0";
  EXPECT_NE(refusal_of(bytes + "N.").find("more values"), std::string::npos);
}

// Each level holds the one below twice: 2^40 values when written out.
TEST(PickleReader, DeepSharingIsNotWrittenOut) {
  std::string bytes = kProto + "N";
  for (int i = 0; i < 40; ++i) bytes += "2\x86";
  const Pickle pickle = parse_pickle(bytes + ".", "t.pth");
  EXPECT_TRUE(pickle.to_json(pickle.root).is_array());
  const Pickle cycle = parse_pickle(kProto + "]2a.", "t.pth");
  EXPECT_TRUE(cycle.to_json(cycle.root).is_array()) << "a list that holds itself";
}

}  // namespace
}  // namespace mae::pth
