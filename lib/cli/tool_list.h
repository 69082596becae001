// The tools of the toolkit with their one-line summaries, for `mae` and for sections of
// configuration files.
#pragma once

#include <string>
#include <vector>

namespace mae::cli {

struct ToolEntry {
  std::string name;     ///< "mask" for mae-mask
  std::string summary;  ///< without a full stop
};

/// In the order of a pipeline.
const std::vector<ToolEntry>& tool_list();

}  // namespace mae::cli
