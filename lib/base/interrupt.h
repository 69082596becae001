// SIGINT, SIGTERM and SIGPIPE turned into flags that loops look at between two steps.
#pragma once

namespace mae {

/// Installs handlers: the first SIGINT or SIGTERM sets a flag, a second one removes the temporary
/// files registered by AtomicFile and ends the process at once with 128 + signal. SIGPIPE and
/// SIGXFSZ are ignored; writes then fail with EPIPE and EFBIG. A signal the parent chose to ignore
/// (nohup, background jobs) stays ignored. SIGHUP is treated as SIGTERM.
void install_signal_handlers();

/// Occupies descriptors 0, 1 and 2 where the parent closed them, so that no data file is opened
/// under their numbers and then overwritten by a message. Reading or writing them still fails. Call
/// first in main.
void protect_standard_descriptors();

/// From now on the same press of Ctrl-C may arrive twice, from the terminal and from a launcher
/// that passes it on: signals within two seconds of the first count as one.
void merge_repeated_signals();

/// Whether SIGUSR1 has arrived since the last call: save now and go on. Tools that save nothing on
/// the way ignore it.
bool take_save_request();

/// The signal that arrived, or 0.
int pending_signal();

/// Throws Interrupted when a signal is pending. Call between steps, where nothing is half done.
void check_interrupt();

}  // namespace mae
