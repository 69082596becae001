// Decodes the written bytes again: framing, checksums and the protobuf fields.
#include "mae/report/tensorboard_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "mae/base/error.h"
#include "mae/report/crc32c.h"
#include "mae/report/tensorboard_events.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

uint64_t little_endian(const std::string& bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i)
    value |= uint64_t{static_cast<uint8_t>(bytes.at(at + i))} << (8 * i);
  return value;
}

/// Payloads of a file of TFRecords; checks both checksums of each.
std::vector<std::string> records_of(const std::string& bytes) {
  std::vector<std::string> payloads;
  for (size_t at = 0; at < bytes.size();) {
    const uint64_t length = little_endian(bytes, at, 8);
    EXPECT_EQ(little_endian(bytes, at + 8, 4), masked_crc32c(bytes.substr(at, 8)));
    payloads.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(payloads.back().size(), length);
    EXPECT_EQ(little_endian(bytes, at + 12 + length, 4), masked_crc32c(payloads.back()));
    at += 12 + length + 4;
  }
  return payloads;
}

/// Field number -> raw value (numbers as 8, 4 or decoded varint bytes) of one message; fields here
/// occur once.
std::map<int, std::string> fields_of(const std::string& message) {
  std::map<int, std::string> fields;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(message.at(at++));
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    const int field = static_cast<int>(key >> 3), type = static_cast<int>(key & 7);
    if (type == 0) {
      fields[field] = std::to_string(varint());
    } else {
      const size_t length = type == 1 ? 8 : type == 5 ? 4 : varint();
      fields[field] = message.substr(at, length);
      at += length;
    }
  }
  return fields;
}

double as_double(const std::string& bytes) {
  double value = 0;
  std::memcpy(&value, bytes.data(), 8);
  return value;
}

float as_float(const std::string& bytes) {
  float value = 0;
  std::memcpy(&value, bytes.data(), 4);
  return value;
}

TEST(Crc32c, KnownAnswers) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);    // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);  // RFC 3720, B.4
  EXPECT_EQ(masked_crc32c("123456789"), 0xC78AB0E5u);
}

TEST(TensorboardEvents, ScalarHasItsFields) {
  const auto event = fields_of(scalar_event({300, 1.5e9}, "train/loss", 0.25F));
  EXPECT_EQ(as_double(event.at(1)), 1.5e9);
  EXPECT_EQ(event.at(2), "300");
  const auto value = fields_of(fields_of(event.at(5)).at(1));
  EXPECT_EQ(value.at(1), "train/loss");
  EXPECT_EQ(as_float(value.at(2)), 0.25F);
}

TEST(TensorboardEvents, LongTagsAndLargeSteps) {
  const std::string tag(300, 't');
  const auto event = fields_of(scalar_event({int64_t{1} << 40, 0}, tag, -1));
  EXPECT_EQ(event.at(2), "1099511627776");
  EXPECT_EQ(fields_of(fields_of(event.at(5)).at(1)).at(1), tag);
}

class TensorboardWriterTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::vector<std::string> read(const std::string& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return records_of(bytes.str());
  }
  std::string folder_ = ::testing::TempDir() + "mae_tensorboard_test/run";
};

TEST_F(TensorboardWriterTest, FileBeginsWithItsVersionAndStart) {
  TensorboardWriter writer(folder_, 40);
  writer.add_scalar("train/loss", 0.5, 41);
  const auto records = read(writer.path());
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(fields_of(records[0]).at(3), "brain.Event:2");
  EXPECT_EQ(fields_of(records[1]).at(2), "40");
  EXPECT_EQ(fields_of(fields_of(records[1]).at(7)).at(1), "1") << "SessionLog.START";
  EXPECT_EQ(fields_of(records[2]).at(2), "41");
  EXPECT_GT(as_double(fields_of(records[2]).at(1)), 1.6e9) << "seconds since 1970";
  EXPECT_NE(fs::path(writer.path()).filename().string().find("tfevents"), std::string::npos);
}

TEST_F(TensorboardWriterTest, EachWriterHasItsOwnFile) {
  const TensorboardWriter first(folder_), second(folder_);
  EXPECT_NE(first.path(), second.path());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST_F(TensorboardWriterTest, SaysWhereItCannotWrite) {
  fs::create_directories(fs::path(folder_).parent_path());
  std::ofstream(folder_) << "a file, not a folder";
  EXPECT_THROW(TensorboardWriter{folder_}, ResourceError);
}

}  // namespace
}  // namespace mae
