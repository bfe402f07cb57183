// Light on its way through error diffusion: what a pixel wants, how errors weigh at it, and where in Oklab that is.
//
// An error counts as what it is to the eye's cones in linear light, l, m and s of Oklab, over the slope of light at the
// pixel, (cube root of l) ^ 2 + a little: so it grows and shrinks with what is seen as it passes from bright to dark.
// Where neighbours are alike their slopes are, and the light that one pixel lacks is what the others get; where entries
// are close it is as if errors were of Oklab. Errors in Oklab itself brighten: half of black and white has the Oklab
// lightness of a grey of an eighth of the light. Errors in plain light smear what is bright into what is dark.
//
// A translucent pixel is how it looks on the mean background: its light is taken from the background's, times alpha.
// `light_lanes.hpp` has the formulas.
#pragma once

#include <cstddef>

#include "kernels/color/color_space.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/dither/dither.hpp"

namespace pil_kmeans {

inline constexpr float kLeastSlope = 0.04f;  // else a little light would be a huge error at a dark pixel
inline constexpr float kLeastCover = 1.0f / 512;

// What all pixels have in common.
struct LightTerms {
    const ColorSpace* space;  // where entries are looked for if that is not Oklab, else null
    float from_cones[3][4];   // coordinates, on the grid and weighted, of the roots of l, m and s
    float from_alpha[4], unit[4], origin[4], bound[4];
    float background_root, background;  // root of its light, and its light
    bool is_precise;
};

inline LightTerms light_terms(const DitherOptions& options) {
    static const ColorSpace& oklab = color_space("oklab");
    const ColorSpace& space = *options.space;
    const double weight = options.lightness_weight / 8.0, zoom = options.grid.zoom;
    const double units[4] = {space.scale * zoom * weight, space.scale * zoom, space.scale * zoom,
                             alpha_scale(space, false) * zoom * weight};
    const double bounds[4] = {kMaxCoordinate * weight, kMaxCoordinate, kMaxCoordinate, kMaxCoordinate * weight};
    const double background = mean_background(oklab)[0];
    LightTerms terms{};
    terms.space = &space == &oklab ? nullptr : &space;
    for (std::size_t d = 0; d < 4; ++d) {
        for (std::size_t c = 0; c < 3 && d < 3; ++c)
            terms.from_cones[c][d] = static_cast<float>(kOklabOfCones[d][c] * units[d]);
        terms.unit[d] = static_cast<float>(units[d]);
        terms.origin[d] = static_cast<float>(options.grid.origin[d] * units[d]);
        terms.bound[d] = static_cast<float>(bounds[d]);
    }
    terms.from_alpha[0] = static_cast<float>(-background * units[0]);
    terms.from_alpha[3] = static_cast<float>(units[3]);
    terms.background_root = static_cast<float>(background);
    terms.background = terms.background_root * terms.background_root * terms.background_root;
    terms.is_precise = zoom > 1;
    return terms;
}

// What light_lanes.hpp has for Oklab, for any space: points of n pixels, each plane `stride` after the one before.
void points_in_space(const LightTerms& terms, bool has_alpha, std::size_t n, std::size_t stride,
                     const float* light,  // IN  (3 or 4 planes) l, m, s and alpha
                     float* points);      // OUT (4 planes) on the grid and weighted

}  // namespace pil_kmeans
