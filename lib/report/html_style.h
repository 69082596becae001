// The style sheet of the HTML report.
#pragma once

#include <string_view>

namespace mae {

/// CSS for phones and desktops, light and dark, screen and paper.
extern const std::string_view kReportStyle;

}  // namespace mae
