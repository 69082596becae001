// A list is enough: there are a few dozen blocks of about a megabyte.
#include "mae/data/block_cache.h"

namespace mae {

BlockCache::Block BlockCache::get(const Key& key,
                                  const std::function<std::vector<uint8_t>()>& read) {
  if (Block block = find(key)) return block;
  auto block = std::make_shared<const std::vector<uint8_t>>(read());  // unlocked: reading is slow
  const std::lock_guard<std::mutex> lock(mutex_);
  blocks_.emplace_front(key, block);
  if (blocks_.size() > capacity_) blocks_.pop_back();
  return block;
}

BlockCache::Block BlockCache::find(const Key& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = blocks_.begin(); it != blocks_.end(); ++it) {
    if (it->first != key) continue;
    blocks_.splice(blocks_.begin(), blocks_, it);
    return blocks_.front().second;
  }
  return nullptr;
}

}  // namespace mae
