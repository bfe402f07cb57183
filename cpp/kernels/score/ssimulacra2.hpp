// SSIMULACRA 2: how much a picture differs from its original to the eye; 100 where they are identical.
//
// J. Sneyers, Cloudinary, 2022-2023 (https://github.com/cloudinary/ssimulacra2, BSD-3-Clause). Both pictures are taken
// to XYB at up to six scales. Of every channel and scale three maps are made, from means and variances under a
// Gaussian: how the structure differs (SSIM), what edges are gained and what edges are lost. Their 1-norms and 4-norms,
// 108 in all, are weighted, and a curve fitted to what people say makes a score of the sum.
//
// Borders and scales are those of the original, 2.1: outside of a picture are zeros, on all sides; a scale is there if
// the one that it is made of has kMinScored pixels each way, so that there are six from 113 pixels on. The original
// blurs by a recursion in float32, whose rounding errors grow in flat bright areas; here they do not.
//
// O(n) time; a pyramid takes 16 bytes a pixel, a fourth of that from each later scale on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/team.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kMostScales = 6;
inline constexpr std::size_t kMinScored = 8;  // smallest height and width that is compared at all

// Number of values in the pyramid of a picture, from the `first_scale` on, of which 0 is the picture itself.
std::size_t pyramid_size(std::size_t height, std::size_t width, std::size_t first_scale);

// A picture in XYB, at every scale one after the other, three planes each. Grey counts as RGB; a picture with alpha is
// laid on a grey `background`, from 0 to 1 in sRGB. `first_scale` is 0 to 5.
template <typename Sample>
void xyb_pyramid(const Sample* samples,  // IN  (height, width, C)
                 std::size_t height, std::size_t width, std::size_t n_channels, double background,
                 std::size_t first_scale, Team& team,
                 float* pyramid);  // OUT (pyramid_size(height, width, first_scale),)

// The same of a picture in indices, which have to be below `n_entries`: checked.
template <typename Index, typename Sample>
void xyb_pyramid(const Index* indices,  // IN  (height, width)
                 std::size_t height, std::size_t width,
                 const Sample* palette,  // IN  (n_entries, C)
                 std::size_t n_entries, std::size_t n_channels, double background, std::size_t first_scale, Team& team,
                 float* pyramid);  // OUT (pyramid_size(height, width, first_scale),)

// The score of the picture with pyramid `b`, whose original has pyramid `a`, at most 100. Pictures without a scale of
// kMinScored pixels by as many get 100. Scales before the first are taken for equal.
double ssimulacra2(const float* a, const float* b,  // IN  (pyramid_size(height, width, first_scale),)
                   std::size_t height, std::size_t width, std::size_t first_scale, Team& team);

}  // namespace pil_kmeans
