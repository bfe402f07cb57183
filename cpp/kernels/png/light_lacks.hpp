// What an error in Oklab lacks to be one of light.
//
// Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include <cstring>

#include "kernels/base/float_lanes.hpp"
#include "kernels/base/simd_gather.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/dither/light.hpp"
#include "kernels/png/search_memory.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

// Four coordinates of a point in each lane.
struct Coords {
    Vec xy, zw;
};

// As many as there are lanes, of which the first n are those from `first` on.
inline Coords some_of(const Points& points, std::size_t first, std::size_t n) {
    std::uint32_t xy[kSearchLanes] = {}, zw[kSearchLanes] = {};
    std::memcpy(xy, points.xy + first, n * sizeof *xy);
    std::memcpy(zw, points.zw + first, n * sizeof *zw);
    return {load(xy), load(zw)};
}

// An entry that is brighter than its pixel adds more light than a darker one takes, where both are as far away in
// Oklab. As errors are handed on in dithering, see light.hpp: the light of the pixel less that of the entry, over the
// slope of light at the pixel, is what the error should be. What that is more than the difference in Oklab is added to
// it; so it is of the second order, and nothing where entries are close.
class LightLacks {
  public:
    LightLacks(const Points& entries, const OklabUnits& units, bool has_alpha)
        : alpha_(1 / units.alpha), background_(has_alpha ? units.background : 0), has_alpha_(has_alpha) {
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t d = 0; d < 3; ++d) {
                of_oklab_[c][d] = static_cast<float>(kConesOfOklab[c][d] / units.color);
                of_cones_[d][c] = kOklabOfCones[d][c] * units.color;
            }
        for (std::size_t j = 0; j < entries.n; j += kLanes) {
            Seen seen;
            see(some_of(entries, j, entries.n - j < kLanes ? entries.n - j : kLanes), seen);
            for (std::size_t c = 0; c < 3; ++c) {
                store_floats(roots_[c] + j, seen.roots[c]);
                store_floats(lights_[c] + j, seen.lights[c]);
            }
        }
    }

    // Of pixels whose entries are `bytes`.
    Coords of(const Coords& points, Vec bytes) const {
        const Floats least_slope = Floats::all(kLeastSlope), third = Floats::all(1.0f / 3);
        Seen pixel;
        see(points, pixel);
        Floats lack[3];
        for (std::size_t c = 0; c < 3; ++c) {
            const Floats light = (pixel.lights[c] - of_bits(gather(lights_[c], bytes))) * third;
            const Floats root = pixel.roots[c] - of_bits(gather(roots_[c], bytes));
            const Floats seen = Floats::all(background_) + pixel.roots[c], slope = seen * seen;
            lack[c] = (light - root * slope) / (slope + least_slope);
        }
        Vec words[3];
        for (std::size_t d = 0; d < 3; ++d) {
            const auto part = [&](std::size_t c) { return lack[c] * Floats::all(of_cones_[d][c]); };
            const Floats at = part(0) + part(1) + part(2);
            const Floats most = Floats::all(kMaxCoordinate), least = Floats::all(-kMaxCoordinate);
            words[d] = to_nearest(max_floats(min_floats(at, most), least));
        }
        const Vec low = broadcast(0xffff);
        return {bit_or(bit_and(words[0], low), shift_left<16>(words[1])), bit_and(words[2], low)};
    }

  private:
    // Cone roots above the background's, and light above its light, both times alpha.
    struct Seen {
        Floats roots[3], lights[3];
    };

    void see(const Coords& points, Seen& seen) const {
        const auto coordinate = [](Vec pair, std::int16_t low, std::int16_t high) {
            return to_floats(dot_pairs(pair, broadcast_word(pack_pair(low, high))));
        };
        const Floats point[3] = {coordinate(points.xy, 1, 0), coordinate(points.xy, 0, 1), coordinate(points.zw, 1, 0)};
        const Floats background = Floats::all(background_);
        Floats cover = Floats::all(1);
        if (has_alpha_) cover = max_floats(coordinate(points.zw, 0, 1) * Floats::all(alpha_), Floats::all(kLeastCover));
        for (std::size_t c = 0; c < 3; ++c) {
            const auto part = [&](std::size_t d) { return point[d] * Floats::all(of_oklab_[c][d]); };
            seen.roots[c] = part(0) + part(1) + part(2);
            const Floats root = has_alpha_ ? seen.roots[c] / cover + background : seen.roots[c];
            const Floats light = root * root * root;
            seen.lights[c] = has_alpha_ ? (light - background * background * background) * cover : light;
        }
    }

    float of_oklab_[3][3], of_cones_[3][3], alpha_, background_;
    bool has_alpha_;
    float roots_[3][256 + kSearchLanes] = {}, lights_[3][256 + kSearchLanes] = {};
};

}  // namespace
}  // namespace pil_kmeans::PIL_KMEANS_ISA
