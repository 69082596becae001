// Height and width, in this order everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace mae {

/// Pixels, or patches of a grid.
struct Size2d {
  int64_t height = 0, width = 0;
  bool operator==(const Size2d& other) const {
    return height == other.height && width == other.width;
  }
  bool operator!=(const Size2d& other) const { return !(*this == other); }
  int64_t area() const { return height * width; }
};

/// "224x160" (height first)
inline std::string size_text(Size2d size) {
  return std::to_string(size.height) + "x" + std::to_string(size.width);
}

}  // namespace mae
