// libFuzzer target: a safetensors file of any bytes is read or refused.
#include <cstdint>
#include <string>

#include "../support/memory_file.h"
#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mae::test::MemoryFile memory({reinterpret_cast<const char*>(data), size});
  try {
    mae::SafetensorsFile(memory.path()).verify();
  } catch (const mae::Error&) {
  }
  return 0;
}
