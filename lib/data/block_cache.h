// The last few blocks of rows read from shards that are too large for memory. Private to data.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace mae {

/// Least recently used blocks go first. Thread-safe.
class BlockCache {
 public:
  using Block = std::shared_ptr<const std::vector<uint8_t>>;
  using Key = std::pair<size_t, int64_t>;  ///< shard, block in it

  explicit BlockCache(size_t capacity) : capacity_(capacity) {}
  /// The block under `key`, made by `read` when it is not here. Two threads may read the same block
  /// at once; both get whole ones.
  Block get(const Key& key, const std::function<std::vector<uint8_t>()>& read);

 private:
  Block find(const Key& key);
  size_t capacity_;
  std::mutex mutex_;
  std::list<std::pair<Key, Block>> blocks_;  // newest first
};

}  // namespace mae
