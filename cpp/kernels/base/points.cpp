#include "kernels/base/points.hpp"

#include <algorithm>
#include <cstring>

namespace pil_kmeans {

bool all_within(const Points& points, std::int32_t most) {
    constexpr std::size_t kTogether = 64;
    const auto room = static_cast<std::uint16_t>(2 * most);
    std::uint16_t farthest = 0;
    for (const std::uint32_t* words : {points.xy, points.zw})
        for (std::size_t i = 0; i < points.n; i += kTogether) {
            std::uint16_t halves[2 * kTogether] = {};  // coordinates, eight of which a vector has where a word has two
            std::memcpy(halves, words + i, std::min(kTogether, points.n - i) * sizeof *words);
            for (const std::uint16_t half : halves)  // below -most it wraps around
                farthest = std::max(farthest, static_cast<std::uint16_t>(half + static_cast<std::uint16_t>(most)));
        }
    return farthest <= room;
}

}  // namespace pil_kmeans
