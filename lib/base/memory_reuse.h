// How the allocator treats memory that was freed.
#pragma once

namespace mae {

/// Keeps freed blocks of up to 32 MiB for the next request instead of giving their pages back to
/// the system, which costs a page fault and a zeroed page each time a step takes its tensors again.
/// The process then stays as large as it was at its largest. Does nothing where the allocator is
/// not glibc's or the environment (MALLOC_*, GLIBC_TUNABLES) says what it should do.
void reuse_freed_memory();

}  // namespace mae
