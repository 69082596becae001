#include "mae/sources/listed_path.h"

#include <filesystem>

#include "mae/base/error.h"

namespace mae {

std::string resolve_listed_path(const std::string& list, const std::string& entry,
                                bool allow_outside, const std::string& where) {
  namespace fs = std::filesystem;
  if (entry.empty()) throw DataError("the path is empty", where);
  if (entry.find('\0') != std::string::npos) throw DataError("the path holds a zero byte", where);
  const fs::path path(entry);
  const fs::path plain = path.lexically_normal();
  const bool leaves = path.is_absolute() || (!plain.empty() && *plain.begin() == "..");
  if (leaves && !allow_outside) {
    throw DataError("the path " + printable(entry) + " leads out of the folder of the list", where,
                    "--allow-outside permits it");
  }
  return path.is_absolute() ? entry : (fs::path(list).parent_path() / path).string();
}

}  // namespace mae
