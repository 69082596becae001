// Every position falls to one part, as evenly as can be, and mirrors stay together.
#include "mae/data/batch_part.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mae {
namespace {

TEST(BatchPart, CoversABatchOnce) {
  for (int64_t size = 0; size <= 33; ++size) {
    for (int count = 1; count <= 8; ++count) {
      std::set<int64_t> seen;
      size_t smallest = 1000, largest = 0;
      for (int index = 0; index < count; ++index) {
        const std::vector<int64_t> part = positions_of_part(size, {index, count});
        smallest = std::min(smallest, part.size());
        largest = std::max(largest, part.size());
        for (const int64_t position : part) EXPECT_TRUE(seen.insert(position).second);
        if (size < 2 * count) continue;
        for (size_t i = 0; i < part.size(); ++i)
          EXPECT_EQ(part[i] + part[part.size() - 1 - i], size - 1);
      }
      EXPECT_EQ(static_cast<int64_t>(seen.size()), size);
      EXPECT_TRUE(size == 0 || *seen.rbegin() == size - 1);
      EXPECT_LE(largest - smallest, 2u) << size << " over " << count;
      if (size >= count) {
        EXPECT_GE(smallest, 1u);
      }
    }
  }
}

TEST(BatchPart, IsTheWholeBatchOfOneProcess) {
  EXPECT_EQ(positions_of_part(5, {0, 1}), (std::vector<int64_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace mae
