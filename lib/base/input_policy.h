// How far this process trusts what it reads. Set once, by cli/, before a job starts; readers look
// it up, as they do process_provenance().
#pragma once

#include <cstdint>

namespace mae {

struct InputPolicy {
  /// --untrusted: pictures are decoded, and shards and checkpoints read through once, in a confined
  /// process before this one touches them.
  bool untrusted = false;
  /// Parse strangers' files in this process without a look from a confined one before: for fuzzers
  /// and tests of the readers, which must see a crash, and see it soon.
  bool parse_in_process = false;
  bool strict = false;            ///< --strict: what decoders only warn of is an error
  int64_t max_pixels = 89478485;  ///< --max-pixels, of one picture; the default is Pillow's
};

const InputPolicy& input_policy();
void set_input_policy(const InputPolicy& policy);

}  // namespace mae
