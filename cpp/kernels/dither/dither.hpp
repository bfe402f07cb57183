// Dither by error diffusion or by a mask of thresholds, and what that leaves for the eye to see.
//
// R. W. Floyd and L. Steinberg, An adaptive algorithm for spatial grey scale, Proceedings of the SID 17(2), 1976.
// Rows are walked in raster order. So a row may follow the one above two or three pixels behind it: one thread walks
// over some rows at a time, whose pixels fill the lanes of its vectors, and threads take groups of rows in turn.
// Errors are of light, and relative (see light.hpp): what is diffused adds up to the right light wherever a picture is
// flat, and entries are chosen in Oklab, as the eye sees them.
//
// By a mask, a pixel's entry depends on its colour and place only: a few entries mix to the colour's light in certain
// shares (see `Mixes`), and the one is taken whose turn it is at the threshold of the place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/base/points.hpp"
#include "kernels/base/team.hpp"
#include "kernels/color/color_space.hpp"

namespace pil_kmeans {

enum class Opacity : std::uint8_t { transparent, translucent, opaque };

struct DitherPalette {
    Points entries;          // in Oklab, on the grid
    const float* roots;      // (k, 4), see `cone_roots`
    const Opacity* opacity;  // (k,); all opaque where pixels have no alpha
};

// Thresholds in 65536ths, none of them 0, of pixels (y, x) and all that lie whole masks away from them.
struct ThresholdMask {
    const std::uint16_t* thresholds;  // (height, width)
    std::size_t height, width;
};

// Shares of an error that go to pixels y rows below and x columns to the right, at [y][2 + x]; those of the pixel
// itself and of pixels before it are 0. They add up to 1.
inline constexpr std::size_t kReach = 2;
using Shares = std::array<std::array<float, 2 * kReach + 1>, kReach + 1>;

// How to dither: the same for all pictures and passes that belong together.
struct DitherOptions {
    Grid grid;                // on which pixels and entries lie
    const ColorSpace* space;  // by diffusion: where the nearest entry is looked for; by a mask always Oklab
    ThresholdMask mask;       // thresholds null: by diffusion
    Shares shares;
    // s, in 256ths, 0 to 256: part of the error that is handed on; or by a mask, how little noise counts against light
    // that is right: not at all at 256, and alone at 0.
    std::int32_t strength;
    std::int32_t lightness_weight;  // of lightness and alpha against the other axes where the nearest entry is chosen,
                                    // in eighths, 8 to 12
    std::int32_t margin;            // how far beyond the palette's bounding box what an entry is chosen for may lie
    bool into_hull;  // by diffusion: whether colours that no mix of up to 16 opaque entries has become the nearest ones
                     // that mixes have; for palettes that are not made for the picture
};

// Index of each pixel's entry. Transparent pixels get a transparent entry, all others one that is not, and opaque ones
// an opaque entry, where the palette has such; transparent and opaque ones hand on no error of alpha. Runs of one
// colour that the palette has keep it. The result does not depend on the team's size.
//
// A picture may be dithered some rows at a time: by a mask if they begin at whole masks, by diffusion with what the
// rows above hand down, all zeros at the top.
template <typename Sample, typename Index>
void dither(
    const Sample* samples,  // IN  (height * width, C)
    std::size_t height, std::size_t width, std::size_t n_channels, const DitherPalette& palette,
    const DitherOptions& options, Team& team,
    float* handed_down,  // INOUT (2, width + 4, 4) errors of two rows, the last one last, two pixels beyond, or null
    Index* indices);     // OUT (height * width,)

struct Band {
    std::size_t first;  // pixel
    std::size_t height, width;
};

// Dither some bands of rows, each as a picture of its own, and sum up for each entry what its pixels lack: the
// difference between picture and dithered picture behind a low-pass, the 7 x 7 binomial: in Oklab by a mask, and of
// light, relative, in the units of Oklab, by diffusion. Pixels that lack much have a greater weight.
template <typename Sample>
void residuals(const Sample* samples,  // IN  (n, C)
               std::size_t n_channels, const DitherPalette& palette, const DitherOptions& options, const Band* bands,
               std::size_t n_bands,
               const std::uint16_t* weights,  // IN  (n,), or null: all 1
               Team& team,
               std::int64_t* sums,     // OUT (k, 4) of weight * residual, in 64ths of a working unit
               std::int64_t* totals);  // OUT (k,) of weights

}  // namespace pil_kmeans
