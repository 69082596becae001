// libFuzzer target: a configuration of any bytes is read or refused; what was read and is written
// down again reads the same.
#include <cstdint>
#include <string>

#include "../cli/sample_program.h"
#include "mae/base/error.h"
#include "mae/cli/config_file.h"
#include "mae/cli/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    for (const mae::cli::TomlEntry& entry : mae::cli::parse_toml(text, "input")) {
      for (const std::string& word : entry.value.words) {
        const auto again = mae::cli::parse_toml("key = " + mae::cli::toml_string(word), "again");
        if (again.size() != 1 || again[0].value.words.at(0) != word) __builtin_trap();
      }
    }
    mae::cli::test::Values values;
    mae::cli::read_config(mae::cli::test::sample_program(&values), text, "input");
  } catch (const mae::Error&) {
  }
  return 0;
}
