// How often a run is saved and what is kept of it.
#pragma once

#include <cstdint>

namespace mae {

struct SaveOptions {
  int64_t every_epochs = 1;  ///< a signal and the end always save
  double every_minutes =
      10;                  ///< an epoch may take hours, and a kill should not cost more; 0 = never
  int64_t keep_every = 0;  ///< epochs whose checkpoint is kept under its own name; 0 = none
};

}  // namespace mae
