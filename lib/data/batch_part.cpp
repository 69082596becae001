#include "mae/data/batch_part.h"

namespace mae {

std::vector<int64_t> positions_of_part(int64_t size, BatchPart part) {
  std::vector<int64_t> positions;
  const bool in_pairs = size >= 2 * part.count;
  const int64_t units = in_pairs ? (size + 1) / 2 : size;  // the middle of an odd batch is alone
  const int64_t first = units * part.index / part.count;
  const int64_t last = units * (part.index + 1) / part.count;
  for (int64_t i = first; i < last; ++i) positions.push_back(i);
  if (!in_pairs) return positions;
  for (int64_t i = last - 1; i >= first; --i)
    if (const int64_t mirror = size - 1 - i; mirror > i) positions.push_back(mirror);
  return positions;
}

}  // namespace mae
