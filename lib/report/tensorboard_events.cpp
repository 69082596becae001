// Encodes the few protobuf fields that scalars need by hand; field numbers are those of
// tensorflow/core/util/event.proto and framework/summary.proto.
#include "mae/report/tensorboard_events.h"

#include <cstring>

#include "mae/report/crc32c.h"

namespace mae {
namespace {

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Event
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
// SessionLog
constexpr int kStatus = 1, kStatusStart = 1;
// Summary and Summary.Value
constexpr int kValue = 1, kTag = 1, kSimpleValue = 2;

std::string little_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  return out + static_cast<char>(value);
}

std::string key(int field, WireType type) {
  return varint(static_cast<uint64_t>(field) << 3 | type);
}

std::string varint_field(int field, int64_t value) {
  return key(field, kVarint) + varint(static_cast<uint64_t>(value));
}

std::string bytes_field(int field, const std::string& value) {
  return key(field, kBytes) + varint(value.size()) + value;
}

std::string double_field(int field, double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return key(field, kFixed64) + little_endian(bits, 8);
}

std::string float_field(int field, float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return key(field, kFixed32) + little_endian(bits, 4);
}

std::string event(EventTime time, const std::string& content) {
  return double_field(kWallTime, time.wall_time_s) + varint_field(kStep, time.step) + content;
}

}  // namespace

std::string version_event(EventTime time) {
  return event(time, bytes_field(kFileVersion, "brain.Event:2"));
}

std::string session_start_event(EventTime time) {
  return event(time, bytes_field(kSessionLog, varint_field(kStatus, kStatusStart)));
}

std::string scalar_event(EventTime time, const std::string& tag, float value) {
  const std::string summary_value = bytes_field(kTag, tag) + float_field(kSimpleValue, value);
  return event(time, bytes_field(kSummary, bytes_field(kValue, summary_value)));
}

std::string tfrecord(std::string_view payload) {
  const std::string length = little_endian(payload.size(), 8);
  std::string record = length + little_endian(masked_crc32c(length), 4);
  record += payload;
  return record + little_endian(masked_crc32c(payload), 4);
}

}  // namespace mae
