// The bytes of TensorBoard's event files: protobuf messages `Event`, each framed as one TFRecord.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mae {

/// When something happened: step of the optimizer, and seconds since 1970.
struct EventTime {
  int64_t step = 0;
  double wall_time_s = 0;
};

/// First event of every file; it names the format ("brain.Event:2").
std::string version_event(EventTime time);
/// Tells TensorBoard that a process (re)started here: points of earlier files from this step on are
/// forgotten.
std::string session_start_event(EventTime time);
/// One number of one curve. `tag` is the name of the curve; slashes group ("train/loss").
std::string scalar_event(EventTime time, const std::string& tag, float value);

/// Length, checksum of the length, payload, checksum of the payload; all little-endian.
std::string tfrecord(std::string_view payload);

}  // namespace mae
