// The list of skipped pictures as a text file.
#include "mae/jobs/reject_list.h"

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"

namespace mae {

void RejectList::add(const std::vector<Reject>& rejects) {
  rejects_.insert(rejects_.end(), rejects.begin(), rejects.end());
}

int64_t RejectList::write() const {
  if (!path_.empty()) {
    std::string text;
    for (const auto& [name, reason] : rejects_) {
      text += printable(name) + "\t" + printable(reason) + "\n";
    }
    write_file_atomically(path_, text);
  }
  return static_cast<int64_t>(rejects_.size());
}

}  // namespace mae
