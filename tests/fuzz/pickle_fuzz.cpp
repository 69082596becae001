// libFuzzer target: a pickle of any bytes is parsed or refused. Reaches deeper than a whole .pth does, whose checksums
// stop most changes.
#include <cstdint>
#include <string_view>

#include "mae/base/error.h"
#include "mae/pth/pickle_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const mae::pth::Pickle pickle =
        mae::pth::parse_pickle({reinterpret_cast<const char*>(data), size}, "input");
    pickle.to_json(pickle.root).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } catch (const mae::Error&) {
  }
  return 0;
}
