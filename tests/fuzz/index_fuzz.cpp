// libFuzzer target: the index of a set of shards, of any bytes, is read or refused, and names at
// least one shard.
#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/io/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mae::test::MemoryFile memory({reinterpret_cast<const char*>(data), size});
  try {
    const auto entries = mae::read_shard_index(memory.path());
    if (entries.empty()) __builtin_trap();
    for (const mae::ShardIndexEntry& entry : entries) {
      if (entry.path.empty() || entry.rows < -1 || entry.bytes < -1) __builtin_trap();
    }
  } catch (const mae::Error&) {
  }
  return 0;
}
