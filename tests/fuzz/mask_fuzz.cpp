// libFuzzer target: a list of hidden patches of any bytes is read or refused, and what is read fits
// the grid that the first two bytes choose. Mask shards are the business of shard_fuzz.
#include <algorithm>
#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/jobs/region_mask.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const mae::Size2d grid{data[0] % 32 + 1, data[1] % 32 + 1};
  const mae::test::MemoryFile memory({reinterpret_cast<const char*>(data) + 2, size - 2});
  try {
    const std::vector<uint8_t> mask = mae::region_from_list(memory.path(), grid);
    const auto hidden = std::count(mask.begin(), mask.end(), 1);
    const auto patches = static_cast<int64_t>(mask.size());
    if (patches != grid.area() || hidden == 0 || hidden == patches) __builtin_trap();
  } catch (const mae::Error&) {
  }
  return 0;
}
