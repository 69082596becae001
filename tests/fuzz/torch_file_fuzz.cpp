// libFuzzer target: a .pth of any bytes is read or refused, within the limits of memory and time that the fuzzer sets.
#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/pth/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mae::test::MemoryFile memory({reinterpret_cast<const char*>(data), size});
  try {
    const mae::pth::TorchFile file(memory.path());
    std::string bytes;
    for (const auto& [name, entry] : file.entries()) {
      const int64_t count = mae::element_count(entry.shape, name);
      bytes.resize(static_cast<size_t>(count * mae::element_size(entry.type)));
      file.read(name, bytes.data());
    }
    file.rest().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } catch (const mae::Error&) {
  }
  return 0;
}
