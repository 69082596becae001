#include "mae/io/shard_trust.h"

#include "mae/base/confined_child.h"
#include "mae/base/input_policy.h"
#include "mae/io/hdf5_handle.h"
#include "mae/io/shard_reader.h"

namespace mae {

void check_shard_in_child(const std::string& path, const std::string& where,
                          const std::function<void()>& check) {
  const Hdf5Lock lock;
  check_file_in_child(path, where, "shard", [&] {
    renew_hdf5_lock_in_child();
    check();
  });
}

void look_at_shards(const std::vector<std::string>& paths) {
  const Hdf5Lock lock;
  bool is_first = true;
  check_files_in_child(paths, "shard", [&](const std::string& path) {
    if (is_first) renew_hdf5_lock_in_child();
    is_first = false;
    const ShardReader shard(path);
    if (input_policy().untrusted || !shard.is_ours()) shard.verify();
  });
}

}  // namespace mae
