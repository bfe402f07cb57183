// Light on its way through error diffusion: what a pixel wants, how errors weigh at it, and where in Oklab that is.
//
// An error counts as what it is to the eye's cones in linear light, l, m and s of Oklab, over the slope of light at the
// pixel, (cube root of l) ^ 2 + a little: so it grows and shrinks with what is seen as it passes from bright to dark.
// Where neighbours are alike their slopes are, and the light that one pixel lacks is what the others get; where entries
// are close it is as if errors were of Oklab. Errors in Oklab itself brighten: half of black and white has the Oklab
// lightness of a grey of an eighth of the light. Errors in plain light smear what is bright into what is dark.
//
// A translucent pixel is how it looks on the mean background: its light is taken from the background's, times alpha.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/float_quad.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/dither/dither.hpp"

namespace pil_kmeans {

class Light {
  public:
    static constexpr float kLeastSlope = 0.04f;  // else a little light would be a huge error at a dark pixel

    explicit Light(const DitherOptions& options) : is_precise_(options.grid.zoom > 1) {
        static const ColorSpace& oklab = color_space("oklab");
        const double weight = options.lightness_weight / 8.0, zoom = options.grid.zoom;
        const double units[4] = {oklab.scale * zoom * weight, oklab.scale * zoom, oklab.scale * zoom,
                                 alpha_scale(oklab, false) * zoom * weight};
        const double background = mean_background(oklab)[0];
        const double bounds[4] = {kMaxCoordinate * weight, kMaxCoordinate, kMaxCoordinate, kMaxCoordinate * weight};
        float l[4] = {}, m[4] = {}, s[4] = {}, alpha[4] = {}, origin[4], bound[4];
        for (std::size_t d = 0; d < 4; ++d) {
            if (d < 3) {
                l[d] = static_cast<float>(kOklabOfCones[d][0] * units[d]);
                m[d] = static_cast<float>(kOklabOfCones[d][1] * units[d]);
                s[d] = static_cast<float>(kOklabOfCones[d][2] * units[d]);
            }
            origin[d] = static_cast<float>(options.grid.origin[d] * units[d]);
            bound[d] = static_cast<float>(bounds[d]);
        }
        alpha[0] = static_cast<float>(-background * units[0]);
        alpha[3] = static_cast<float>(units[3]);
        from_l_ = load_floats(l);
        from_m_ = load_floats(m);
        from_s_ = load_floats(s);
        from_alpha_ = load_floats(alpha);
        origin_ = load_floats(origin);
        bound_ = load_floats(bound);
        root_ = fill_floats(static_cast<float>(background));
        background_ = with_last(root_ * root_ * root_, fill_floats(0.0f));
    }

    // What a pixel, or an entry, is: light and, last, alpha.
    template <bool has_alpha>
    FloatQuad of(FloatQuad roots) const {
        const FloatQuad light = roots * roots * roots;
        if constexpr (!has_alpha) return light;
        return with_last((light - background_) * all_of<3>(roots), roots);
    }

    // How much light an error of 1 is at a pixel.
    template <bool has_alpha>
    FloatQuad slope(FloatQuad roots) const {
        FloatQuad seen = roots;
        if constexpr (has_alpha) seen = root_ + all_of<3>(roots) * (roots - root_);
        const FloatQuad slope = seen * seen + fill_floats(kLeastSlope);
        return has_alpha ? with_last(slope, fill_floats(1.0f)) : slope;
    }

    // Light within what an entry can be looked for.
    template <bool has_alpha>
    FloatQuad clamped(FloatQuad light) const {
        const FloatQuad least = fill_floats(kLeast), most = fill_floats(kMost);
        if constexpr (!has_alpha) return min_floats(max_floats(light, least), most);
        const FloatQuad alpha = min_floats(max_floats(light, least), most), cover = cover_of(alpha);
        const FloatQuad low = (least - background_) * cover, high = (most - background_) * cover;
        return with_last(min_floats(max_floats(light, low), high), alpha);
    }

    // The point in Oklab, on the grid and weighted, that looks like it.
    template <bool has_alpha>
    FloatQuad point(FloatQuad light) const {
        if constexpr (!has_alpha) {
            const FloatQuad roots = cube_roots(max_floats(light, zero_), is_precise_);
            return in_oklab(roots) - origin_;
        } else {
            const FloatQuad cover = cover_of(light);
            const FloatQuad roots = cube_roots(max_floats(light / cover + background_, zero_), is_precise_);
            return (in_oklab(roots) + from_alpha_) * cover - origin_;
        }
    }

    // An entry's point, within the bounds of the grid.
    template <bool has_alpha>
    FloatQuad bounded_point(FloatQuad light) const {
        return max_floats(min_floats(point<has_alpha>(light), bound_), zero_ - bound_);
    }

    // A relative error in the units of Oklab.
    FloatQuad error_in_oklab(FloatQuad error) const {
        return with_last(in_oklab(error * fill_floats(1.0f / 3.0f)), error * from_alpha_);
    }

  private:
    static constexpr float kLeast = -0.5f, kMost = 1.5f;  // of light
    static constexpr float kLeastCover = 1.0f / 512;

    static FloatQuad cover_of(FloatQuad light) { return max_floats(all_of<3>(light), fill_floats(kLeastCover)); }

    FloatQuad in_oklab(FloatQuad roots) const {
        return from_l_ * all_of<0>(roots) + from_m_ * all_of<1>(roots) + from_s_ * all_of<2>(roots);
    }

    bool is_precise_;
    FloatQuad from_l_, from_m_, from_s_, from_alpha_, origin_, bound_, root_, background_;
    FloatQuad zero_ = fill_floats(0.0f);
};

}  // namespace pil_kmeans
