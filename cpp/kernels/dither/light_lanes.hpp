// Formulas of light (see light.hpp) for as many pixels at a time as there are lanes.
#pragma once

#include "kernels/base/float_lanes.hpp"
#include "kernels/dither/light.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

// l, m, s and alpha: of light, of its roots, or of slopes. Alpha only where pixels have it.
using Planes = Floats[4];

template <bool has_alpha>
class Light {
  public:
    static constexpr std::size_t kPlanes = has_alpha ? 4 : 3;

    explicit Light(const LightTerms& terms) : terms_(terms) {}

    // What a pixel, or an entry, is: light and alpha.
    void of(const Planes& roots, Planes& light) const {
        for (std::size_t c = 0; c < 3; ++c) {
            light[c] = roots[c] * roots[c] * roots[c];
            if constexpr (has_alpha) light[c] = (light[c] - Floats::all(terms_.background)) * roots[3];
        }
        if constexpr (has_alpha) light[3] = roots[3];
    }

    // How much light an error of 1 is at a pixel.
    void slope(const Planes& roots, Planes& slope) const {
        for (std::size_t c = 0; c < 3; ++c) {
            Floats seen = roots[c];
            if constexpr (has_alpha) {
                const Floats behind = Floats::all(terms_.background_root);
                seen = behind + roots[3] * (seen - behind);
            }
            slope[c] = seen * seen + Floats::all(kLeastSlope);
        }
        if constexpr (has_alpha) slope[3] = Floats::all(1.0f);
    }

    // Light within what an entry can be looked for.
    void clamp(Planes& light) const {
        const Floats least = Floats::all(kLeast), most = Floats::all(kMost);
        Floats low = least, high = most;
        if constexpr (has_alpha) {
            light[3] = min_floats(max_floats(light[3], least), most);
            const Floats cover = cover_of(light[3]), background = Floats::all(terms_.background);
            low = (least - background) * cover;
            high = (most - background) * cover;
        }
        for (std::size_t c = 0; c < 3; ++c) light[c] = min_floats(max_floats(light[c], low), high);
    }

    // The point in Oklab, or in the space that there is instead, on the grid and weighted, that looks like it.
    void point(const Planes& light, Planes& point) const {
        if (terms_.space) return point_in_space(light, point);
        Planes roots;
        Floats cover = Floats::all(1.0f);
        if constexpr (has_alpha) cover = cover_of(light[3]);
        for (std::size_t c = 0; c < 3; ++c) {
            Floats whole = light[c];
            if constexpr (has_alpha) whole = whole / cover + Floats::all(terms_.background);
            roots[c] = cube_roots(max_floats(whole, Floats::all(0.0f)), terms_.is_precise);
        }
        for (std::size_t d = 0; d < 4; ++d) {
            Floats at = in_oklab(roots, d);
            if constexpr (has_alpha) at = (at + Floats::all(terms_.from_alpha[d])) * cover;
            point[d] = at - Floats::all(terms_.origin[d]);
        }
    }

    // A relative error in the units of Oklab.
    void error_in_oklab(const Planes& error, Planes& point) const {
        Planes thirds;
        for (std::size_t c = 0; c < 3; ++c) thirds[c] = error[c] * Floats::all(1.0f / 3.0f);
        for (std::size_t d = 0; d < 3; ++d) point[d] = in_oklab(thirds, d);
        if constexpr (has_alpha) point[3] = error[3] * Floats::all(terms_.from_alpha[3]);
    }

  private:
    static constexpr float kLeast = -0.5f, kMost = 1.5f;  // of light
    static Floats cover_of(Floats alpha) { return max_floats(alpha, Floats::all(kLeastCover)); }

    Floats in_oklab(const Planes& roots, std::size_t d) const {
        if (d == 3) return Floats::all(0.0f);
        return Floats::all(terms_.from_cones[0][d]) * roots[0] + Floats::all(terms_.from_cones[1][d]) * roots[1] +
               Floats::all(terms_.from_cones[2][d]) * roots[2];
    }

    void point_in_space(const Planes& light, Planes& point) const {
        float lights[4][kLanes], points[4][kLanes];
        for (std::size_t c = 0; c < kPlanes; ++c) store_floats(lights[c], light[c]);
        points_in_space(terms_, has_alpha, kLanes, kLanes, lights[0], points[0]);
        for (std::size_t d = 0; d < 4; ++d) point[d] = load_floats(points[d]);
    }

    const LightTerms& terms_;
};

}  // namespace pil_kmeans::PIL_KMEANS_ISA
