// Dithering by a mask of thresholds: see `DitherOptions`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/dither/mixes.hpp"

namespace pil_kmeans {

// Rows of pixels as weighted points in Oklab.
template <typename Sample>
struct PointRows : HeldRows {
    std::vector<PackedPoint> points;

    void read(const Sample* samples, std::size_t n, std::size_t n_channels, const DitherOptions& options,
              const Chooser& chooser) {
        constexpr std::size_t kChunk = 512;
        static const ColorSpace& oklab = color_space("oklab");
        HeldRows::read(samples, n, n_channels, chooser);
        points.resize(n);
        Team alone(1);
        std::uint32_t xy[kChunk], zw[kChunk];
        for (std::size_t start = 0; start < n; start += kChunk) {
            const std::size_t size = std::min(kChunk, n - start);
            working_points(samples + start * n_channels, size, n_channels, oklab, false, options.grid, alone, xy, zw);
            for (std::size_t i = 0; i < size; ++i) points[start + i] = pack(xy[i], zw[i], options.lightness_weight);
        }
    }
};

inline Chooser point_chooser(const DitherPalette& palette, const DitherOptions& options, bool has_alpha,
                             std::size_t n_workers) {
    std::vector<PackedPoint> entries(palette.entries.n);
    for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i] = pack(palette.entries.xy[i], palette.entries.zw[i], options.lightness_weight);
    return Chooser(std::move(entries), palette.opacity, options, has_alpha, n_workers);
}

// Bits in which colours are alike: so much that it is hardly seen, more of lightness and alpha than of the other axes.
constexpr PackedPoint alike(unsigned lightness_bits, unsigned bits) {
    const PackedPoint fine = PackedPoint{0xffff} << lightness_bits & 0xffff,
                      coarse = PackedPoint{0xffff} << bits & 0xffff;
    return fine << 48 | coarse << 32 | coarse << 16 | fine;
}

// Of 8-bit samples, whose own steps are of some 48 units; colours of finer samples are told apart.
template <typename Sample>
inline constexpr PackedPoint kAlike = sizeof(Sample) == 1 ? alike(5, 6) : alike(0, 0);

// Rows of a picture, from row `top` on: each pixel takes of its colour's mix what stands at the threshold of its place.
template <bool has_alpha, typename Sample, typename Index>
void follow_mask(const ThresholdMask& mask, const PointRows<Sample>& rows, std::size_t top, std::size_t n_rows,
                 std::size_t width, Mixes& mixes, Index* indices, std::size_t worker) {
    for (std::size_t i = 0, y = 0; y < n_rows; ++y) {
        const std::uint16_t* const thresholds = mask.thresholds + (top + y) % mask.height * mask.width;
        for (std::size_t x = 0, column = 0; x < width; ++x, ++i, column = column + 1 == mask.width ? 0 : column + 1) {
            if (rows.held[i] != kDithered) {
                indices[i] = static_cast<Index>(rows.held[i]);
                continue;
            }
            const bool is_opaque = has_alpha && rows.opacity[i] == Opacity::opaque;
            indices[i] = static_cast<Index>(mixes.of(rows.points[i], is_opaque, worker).at(thresholds[column]));
        }
    }
}

}  // namespace pil_kmeans
