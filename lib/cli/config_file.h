// Configuration files: TOML whose keys are option names; a [mae-pretrain] table applies to that
// tool only.
#pragma once

#include <map>
#include <string>

#include "mae/cli/program.h"

namespace mae::cli {

/// The words a configuration gives an option, and where they stand ("run.toml:3: mask-ratio").
struct ConfiguredValue {
  Words words;
  std::string where;
};

/// Values for the options of `program`, by long name. Its own table beats the keys at the top;
/// tables of other tools are skipped. Keys may be written with underscores. name    for messages
/// throws  UsageError  bad syntax, unknown key or table (with the nearest name), an array for a
/// single value
std::map<std::string, ConfiguredValue> read_config(const Program& program, const std::string& text,
                                                   const std::string& name);

/// The effective configuration as such a file; read_config gives the same values back.
std::string dump_config(const Program& program);

}  // namespace mae::cli
