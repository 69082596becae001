// The cells that masks are drawn over: patches of a picture, or tubelets of a clip.
#pragma once

#include <cstdint>

#include "mae/base/size2d.h"

namespace mae {

struct MaskGrid {
  Size2d frame;
  int64_t slots = 1;  ///< tubelets one behind the other in time; 1: a picture

  /// A picture's grid is one, so that who knows of pictures only need not know of clips.
  MaskGrid(Size2d frame, int64_t slots = 1)  // NOLINT(google-explicit-constructor)
      : frame(frame), slots(slots) {}
  int64_t tokens() const { return slots * frame.area(); }  ///< L; time slot slowest, then raster
};

}  // namespace mae
