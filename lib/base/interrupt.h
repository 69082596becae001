// SIGINT, SIGTERM and SIGPIPE turned into flags that loops look at between two steps.
#pragma once

namespace mae {

/// Installs handlers: the first SIGINT or SIGTERM sets a flag, a second one removes the temporary files registered by
/// AtomicFile and ends the process at once with 128 + signal. SIGPIPE is ignored; writes then fail with EPIPE.
void install_signal_handlers();

/// The signal that arrived, or 0.
int pending_signal();

/// Throws Interrupted when a signal is pending. Call between steps, where nothing is half done.
void check_interrupt();

}  // namespace mae
