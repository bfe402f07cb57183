#include "kernels/base/simd.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

std::size_t cheapest_entry(const Points& entries, std::uint32_t xy, std::uint32_t zw, float weight, const float* prices,
                           float* distortions) {
    const Vec x = broadcast(static_cast<std::int32_t>(xy)), z = broadcast(static_cast<std::int32_t>(zw));
    Vec lowest = broadcast(0x7f7fffff), from = broadcast(0);  // bits of positive floats are in their order
    for (std::size_t j = 0; j < entries.n; j += kLanes) {
        const Vec a = sub16(x, load(entries.xy + j)), b = sub16(z, load(entries.zw + j));
        const Vec distortion = times(add(dot_pairs(a, a), dot_pairs(b, b)), weight);
        store(distortions + j, distortion);
        const Vec cost = plus(distortion, load(prices + j));
        const Vec is_less = less(cost, lowest);
        lowest = select(is_less, cost, lowest);
        from = select(is_less, broadcast(static_cast<std::int32_t>(j)), from);
    }
    std::int32_t costs[kLanes], starts[kLanes];
    store(costs, lowest);
    store(starts, from);
    std::int32_t best = 0, best_cost = 0x7fffffff;
    for (std::int32_t lane = 0; lane < static_cast<std::int32_t>(kLanes); ++lane) {
        const std::int32_t entry = starts[lane] + lane;
        if (costs[lane] < best_cost || (costs[lane] == best_cost && entry < best))
            best = entry, best_cost = costs[lane];
    }
    return static_cast<std::size_t>(best);
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
