// Shards are opened in a confined child before this process opens them: libhdf5 is large, and a
// file made to crash it must not take the tool along. Private to io.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mae {

/// Runs `check` in a child that may read only the file at `path` ("-": standard input, which is in
/// memory already), once for each file.
/// where  names the shard in messages
/// throws what `check` throws; DataError when the child crashed or ran into a limit
void check_shard_in_child(const std::string& path, const std::string& where,
                          const std::function<void()>& check);

/// Opens many shards in one child, as opening each would, so that a set costs no child for each.
/// Bad ones are left for ShardReader to refuse.
void look_at_shards(const std::vector<std::string>& paths);

}  // namespace mae
