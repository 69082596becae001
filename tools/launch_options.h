// Options of tools that may be several processes at once.
#pragma once

#include "mae/cli/tool.h"
#include "mae/jobs/pretrain_job.h"

namespace mae::tools {

/// --peer-timeout and --overlap, and where this process stands among others.
inline void add_launch_options(cli::Tool& tool, LaunchOptions* launch, bool* overlap) {
  cli::OptionSpec timeout{"--peer-timeout",
                          "seconds after which a process that does not come, or does not answer, "
                          "is given up; more than a save and a probe take",
                          "SECONDS", "Several processes"};
  timeout.affects_result = false;
  timeout.minimum = 1;
  tool.add_option(&launch->peer_timeout_s, timeout);
  cli::OptionSpec how{"--overlap",
                      "reduce gradients while the backward pass still runs; without it, all of "
                      "them behind it",
                      "", "Several processes"};
  how.affects_result = false;  // but for the order of sums
  tool.add_switch(overlap, how);
}

/// --checkpoint-activations
inline void add_checkpoint_activations(cli::Tool& tool, bool* target) {
  cli::OptionSpec spec{"--checkpoint-activations",
                       "keep only the input of each block for the backward pass and compute the "
                       "rest again: much less memory, a third more work, the same result",
                       "", "Computing"};
  spec.affects_result = false;
  tool.add_switch(target, spec);
}

/// Call when parsing is over. throws UsageError  what the launcher says makes no sense
inline void take_launch(const cli::Tool& tool, LaunchOptions* launch) {
  launch->place = launch_place();
  launch->shares_threads = !tool.given("--threads");
}

}  // namespace mae::tools
