// Digests of whole files, computed once. Private to io.
#pragma once

#include <string>

namespace mae {

/// digest_of_file(), remembered for as long as the file stays as it is.
std::string remembered_digest(const std::string& path);

}  // namespace mae
