// Light of many pixels at a time: their points, and what they lack once they have entries.
#include <algorithm>

#include "kernels/dither/light_lanes.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kLeastWord = -32768, kMostWord = 32767;

Vec rounded(Floats x, float least, float most) {
    return to_nearest(max_floats(min_floats(x, Floats::all(most)), Floats::all(least)));
}

template <bool has_alpha>
void points_of(const LightTerms& terms, const float* roots, std::size_t n, bool is_bounded, float* lights,
               std::uint64_t* points) {
    const Light<has_alpha> light(terms);
    for (std::size_t i = 0; i < n; i += kLanes) {
        Planes of_roots, own, point;
        gather_quads([&](std::size_t lane) { return roots + 4 * std::min(i + lane, n - 1); }, of_roots);
        light.of(of_roots, own);
        if constexpr (!has_alpha) own[3] = of_roots[3];
        light.point(own, point);
        std::int32_t at[4][kLanes];
        float own_lights[4][kLanes];
        for (std::size_t d = 0; d < 4; ++d) {
            const float bound = terms.bound[d];
            store(at[d], is_bounded ? rounded(point[d], -bound, bound) : rounded(point[d], kLeastWord, kMostWord));
            store_floats(own_lights[d], own[d]);
        }
        for (std::size_t lane = 0; lane < kLanes && i + lane < n; ++lane) {
            points[i + lane] = 0;
            for (std::size_t d = 0; d < 4; ++d) {
                points[i + lane] |= std::uint64_t{static_cast<std::uint16_t>(at[d][lane])} << (16 * d);
                if (lights) lights[4 * (i + lane) + d] = own_lights[d][lane];
            }
        }
    }
}

template <bool has_alpha>
void lacks_of(const LightTerms& terms, const float* roots, const float* entries, const std::uint32_t* indices,
              std::size_t n, std::int32_t* const* lacks) {
    const Light<has_alpha> light(terms);
    for (std::size_t i = 0; i < n; i += kLanes) {
        Planes of_roots, own, slope, entry, error, lack;
        const auto pixel = [&](std::size_t lane) { return std::min(i + lane, n - 1); };
        gather_quads([&](std::size_t lane) { return roots + 4 * pixel(lane); }, of_roots);
        gather_quads([&](std::size_t lane) { return entries + 4 * std::size_t{indices[pixel(lane)]}; }, entry);
        light.of(of_roots, own);
        light.slope(of_roots, slope);
        for (std::size_t c = 0; c < light.kPlanes; ++c) error[c] = (own[c] - entry[c]) / slope[c];
        light.error_in_oklab(error, lack);
        for (std::size_t c = 0; c < light.kPlanes; ++c) store(lacks[c] + i, rounded(lack[c], kLeastWord, kMostWord));
    }
}

}  // namespace

void light_points(const LightTerms& terms, bool has_alpha, const float* roots, std::size_t n, bool is_bounded,
                  float* lights, std::uint64_t* points) {
    (has_alpha ? points_of<true> : points_of<false>)(terms, roots, n, is_bounded, lights, points);
}

void light_lacks(const LightTerms& terms, bool has_alpha, const float* roots, const float* entries,
                 const std::uint32_t* indices, std::size_t n, std::int32_t* const* lacks) {
    (has_alpha ? lacks_of<true> : lacks_of<false>)(terms, roots, entries, indices, n, lacks);
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
