#include "mae/cli/text_layout.h"

#include <sys/ioctl.h>

#include <cstdlib>
#include <sstream>

namespace mae::cli {

std::string wrap(const std::string& text, int width, int indent, int first_column) {
  std::istringstream words(text);
  std::string out, word;
  int column = first_column;
  bool at_start = true;
  while (words >> word) {
    const int length = static_cast<int>(word.size());
    if (!at_start && column + 1 + length > width) {
      out += "\n" + std::string(static_cast<size_t>(indent), ' ');
      column = indent;
    } else if (!at_start) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
    at_start = false;
  }
  return out;
}

int terminal_width(int descriptor) {
  if (const char* columns = std::getenv("COLUMNS")) {
    const int width = std::atoi(columns);
    if (width > 0) return width;
  }
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace mae::cli
