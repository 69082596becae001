// Gives every option its value: default < configuration file < MAE_* environment < command line.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "mae/base/provenance.h"
#include "mae/cli/command_line.h"
#include "mae/cli/config_file.h"
#include "mae/cli/program.h"

namespace mae::cli {

/// Looks up an environment variable; a parameter so that tests need not touch the real one.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of the process; variables set to nothing count as unset.
Environment process_environment();

/// Assigns each option from its strongest source, and notes which one it was. A weaker source's
/// value is not converted, so that a command line can always override a stale variable. throws
/// UsageError  a value does not convert; `where` names the option, the variable or the line of the
/// file
void apply_settings(OptionTable& options, const CommandLine& line,
                    const std::map<std::string, ConfiguredValue>& config,
                    const Environment& environment);

/// throws UsageError naming the first required option that nobody set.
void check_required(const Program& program);

/// Program, version, canonical arguments and effective configuration, without options that cannot
/// change the result. Arguments are "--name=value" in order of declaration, then the operands as
/// given.
Provenance recorded_settings(const Program& program, const std::vector<std::string>& operands,
                             std::int64_t seed);

}  // namespace mae::cli
