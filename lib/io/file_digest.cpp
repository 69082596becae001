#include "mae/io/file_digest.h"

#include "mae/base/digest.h"
#include "mae/base/file_notes.h"

namespace mae {

std::string remembered_digest(const std::string& path) {
  static FileNotes digests;
  if (const auto known = digests.find(path)) return *known;
  std::string digest = digest_of_file(path);
  digests.note(path, digest);
  return digest;
}

}  // namespace mae
