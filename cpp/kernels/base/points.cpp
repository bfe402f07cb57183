#include "kernels/base/points.hpp"

#include <algorithm>

namespace pil_kmeans {

bool all_within(const std::int16_t* coordinates, std::size_t n, std::int32_t most) {
    std::int16_t least = 0, largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
        least = std::min(least, coordinates[i]);
        largest = std::max(largest, coordinates[i]);
    }
    return -most <= least && largest <= most;
}

}  // namespace pil_kmeans
