#include "kernels/png/rate_distortion.hpp"

#include "kernels/isa/isa.hpp"
#include "kernels/png/search_memory.hpp"

namespace pil_kmeans {
namespace {

// As weighed_xy and weighed_zw of pixel_coder.hpp.
Coordinates weighed(const Points& points, std::size_t i) {
    constexpr std::int32_t kOff[kDims] = {0, 1229, 1229, 0};
    Coordinates point = unpack(points.xy[i], points.zw[i]);
    for (std::size_t c = 0; c < kDims; ++c) point[c] = static_cast<std::int16_t>(point[c] - (point[c] * kOff[c] >> 12));
    return point;
}

}  // namespace

SymbolCounts choose_indices(const Region& region, const Points& entries, const Prices& prices, std::int32_t feedback,
                            SearchMemory& memory, std::uint8_t* indices) {
    return kernels().search_indices(region, entries, prices, feedback, memory.room_for(region.height, region.width),
                                    indices);
}

double weighted_error(const Points& points, const float* weights, const Points& entries, const std::uint8_t* indices) {
    std::vector<Coordinates> colors(entries.n);
    for (std::size_t j = 0; j < entries.n; ++j) colors[j] = weighed(entries, j);
    double sum = 0;
    for (std::size_t i = 0; i < points.n; ++i) {
        const Coordinates point = weighed(points, i), &color = colors[indices[i]];
        std::int32_t square = 0;
        for (std::size_t c = 0; c < kDims; ++c) square += (point[c] - color[c]) * (point[c] - color[c]);
        sum += static_cast<double>(weights[i]) * static_cast<double>(square);
    }
    return sum;
}

}  // namespace pil_kmeans
