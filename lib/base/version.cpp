// The version is the one of project() in the top CMakeLists.txt; only this file is rebuilt when it
// changes.
#include "mae/base/version.h"

namespace mae {

std::string version() { return MAE_VERSION; }

}  // namespace mae
