// Colour spaces: from samples to fixed-point points of the working space, and back for the centers.
//
// Only + - * / and square roots are used, which IEEE 754 defines to the last bit, so every platform computes the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/team.hpp"

namespace pil_kmeans {

enum class ColorSpace { oklab, cielab, linear, srgb };

// Working units per unit of the space: Oklab's L and linear light run from 0 to 1, CIELAB's L* from 0 to 100, sRGB
// from 0 to 255. Alpha takes the weight of the lightness axis: opaque is as far from transparent as white from black.
double scale(ColorSpace space);
double alpha_scale(ColorSpace space);

// Points of n colours of C samples each: grey, grey + alpha, RGB, RGBA. Alpha becomes coordinate 3 and, unless
// `straight`, multiplies the other three, so that colours nobody can see do not matter.
void working_points(const std::uint8_t* colors,  // IN  (n, C)
                    std::size_t n, std::size_t n_channels, ColorSpace space, bool straight, Team& team,
                    std::uint32_t* xy, std::uint32_t* zw);  // OUT (n,) each
void working_points(const std::uint16_t* colors, std::size_t n, std::size_t n_channels, ColorSpace space, bool straight,
                    Team& team, std::uint32_t* xy, std::uint32_t* zw);

// Colours of n centers given in working units: samples from 0 to 1, clipped to what sRGB can show.
void center_colors(const double* centers,  // IN  (n, 4)
                   std::size_t n, std::size_t n_channels, ColorSpace space,
                   double* colors);  // OUT (n, C)

}  // namespace pil_kmeans
