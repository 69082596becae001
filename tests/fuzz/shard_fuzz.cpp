// libFuzzer target: a shard of any bytes, held in memory as standard input is, is read through or
// refused. Checksums are not made right again: libhdf5 1.10 itself crashes on forged metadata,
// which is why tools parse strangers' shards in a child process; that is what tests/faults forges
// files for.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/io/shard_reader.h"

namespace {

void put_on_standard_input(const std::string& bytes) {
  const mae::test::MemoryFile memory(bytes);
  const int descriptor = ::open(memory.path().c_str(), O_RDONLY);
  ::dup2(descriptor, STDIN_FILENO);
  ::close(descriptor);
}

void read_through(const mae::ShardReader& shard) {
  shard.verify();
  shard.provenance().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const mae::DatasetInfo& info : shard.datasets()) {
    if (info.is_text) shard.read_text(info.name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  put_on_standard_input({reinterpret_cast<const char*>(data), size});
  try {
    read_through(mae::ShardReader("-", mae::ShardOrigin::kThisProcess));
  } catch (const mae::Error&) {
  }
  return 0;
}
