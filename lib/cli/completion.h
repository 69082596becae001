// Completion scripts for bash, zsh and fish, written from the declarations.
#pragma once

#include <string>

#include "mae/cli/program.h"

namespace mae::cli {

/// A script that completes one tool; `shell` is "bash", "zsh" or "fish".
std::string tool_completion(const Program& program, const std::string& shell);

/// A script that completes `mae X ...`: the tools' names, then each tool as its own script does.
std::string dispatcher_completion(const std::string& shell);

}  // namespace mae::cli
