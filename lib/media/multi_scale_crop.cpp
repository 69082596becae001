#include "mae/media/multi_scale_crop.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

namespace mae {
namespace {

constexpr std::array<double, 4> kScales{1.0, 0.875, 0.75, 0.66};

// Corners, centre, middles of the sides, and the four quarters' centres, in fourths of the room.
constexpr std::array<std::pair<int, int>, 13> kPlaces{{{0, 0},
                                                       {0, 4},
                                                       {4, 0},
                                                       {4, 4},
                                                       {2, 2},
                                                       {2, 0},
                                                       {2, 4},
                                                       {4, 2},
                                                       {0, 2},
                                                       {1, 1},
                                                       {1, 3},
                                                       {3, 1},
                                                       {3, 3}}};

int64_t snapped(int64_t side, int64_t target) {
  return std::abs(side - target) < 3 ? target : side;
}

}  // namespace

Box multi_scale_crop_box(Size2d image, Size2d target, RandomStream& random) {
  const int64_t base = std::min(image.height, image.width);
  std::vector<Size2d> sizes;
  for (size_t i = 0; i < kScales.size(); ++i) {
    for (size_t j = 0; j < kScales.size(); ++j) {
      if (i > j + 1 || j > i + 1) continue;
      const auto side = [&](double scale, int64_t wanted, int64_t most) {
        const auto length = static_cast<int64_t>(static_cast<double>(base) * scale);
        return std::clamp<int64_t>(snapped(length, wanted), 1, most);
      };
      sizes.push_back({side(kScales[i], target.height, image.height),
                       side(kScales[j], target.width, image.width)});
    }
  }
  const Size2d size = sizes[static_cast<size_t>(random.below(static_cast<int64_t>(sizes.size())))];
  const auto [down, across] = kPlaces[static_cast<size_t>(random.below(13))];
  Box box{0, 0, size.height, size.width};
  box.top = down * ((image.height - size.height) / 4);
  box.left = across * ((image.width - size.width) / 4);
  return box;
}

}  // namespace mae
