// Stands in for lib/base/confined_child.cpp: what a tool parses in a confined child first is parsed
// once, in the process that the fuzzer watches. A fork for each input would cost ten times the
// parsing and hide what the sanitizers find.
#include <cstdlib>

#include "mae/base/confined_child.h"

namespace mae {

ConfinedChild::ConfinedChild(const SandboxLimits&, const std::function<void(int)>&) {
  std::abort();  // only readers with options that no target sets ask for one
}
ConfinedChild::~ConfinedChild() = default;
std::string ConfinedChild::reason_of_end() { return ""; }

void parse_confined(const std::string&, const SandboxLimits&, const std::function<void()>& parse) {
  parse();
}
void check_file_in_child(const std::string&, const std::string&, const std::string&,
                         const std::function<void()>&) {}
void check_files_in_child(const std::vector<std::string>&, const std::string&,
                          const std::function<void(const std::string&)>&) {}

bool send_bytes(int, const void*, size_t) { return false; }
bool receive_bytes(int, void*, size_t, int) { return false; }

}  // namespace mae
