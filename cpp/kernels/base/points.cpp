#include "kernels/base/points.hpp"

namespace pil_kmeans {

bool all_within(const Points& points, std::int32_t most) {
    const auto room = static_cast<std::uint16_t>(2 * most);
    const auto beyond = [&](std::uint32_t half) {  // below -most it wraps around
        return static_cast<std::uint16_t>(static_cast<std::uint16_t>(half) + static_cast<std::uint16_t>(most)) > room;
    };
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < points.n; ++i)
        found |= static_cast<std::uint32_t>(beyond(points.xy[i]) | beyond(points.xy[i] >> 16) | beyond(points.zw[i]) |
                                            beyond(points.zw[i] >> 16));
    return found == 0;
}

}  // namespace pil_kmeans
