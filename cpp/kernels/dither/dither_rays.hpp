// Dithering by a mask of thresholds: see `DitherOptions`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/dither/dither_rows.hpp"

namespace pil_kmeans {

inline constexpr std::int32_t kToColor = 256;  // length of a ray that ends at the colour
inline constexpr std::int32_t kLongest = 8 * kToColor;

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

// How long the ray of each place of a mask is, in 256ths of the way to the colour.
class Rays {
  public:
    explicit Rays(const DitherOptions& options)
        : height_(options.mask.height), width_(options.mask.width), lengths_(height_ * width_) {
        const std::int32_t weakness = 256 - options.strength;
        const std::int32_t longest = std::min(kLongest, 256 * kToColor / std::max(weakness, 1));
        const auto length = [&](std::int32_t threshold) { return std::min((kToColor << 15) / threshold, longest); };
        for (std::size_t i = 0; i < lengths_.size(); ++i) {
            const std::int32_t threshold = options.mask.thresholds[i];
            lengths_[i] = {length(threshold), length(65536 - threshold)};
        }
    }

    struct Lengths {
        std::int32_t to_darker, to_lighter;
    };
    const Lengths* row(std::size_t y) const { return lengths_.data() + y % height_ * width_; }
    std::size_t width() const { return width_; }

  private:
    std::size_t height_, width_;
    std::vector<Lengths> lengths_;
};

// Rows of a picture, from row `top` on, by the mask.
template <bool has_alpha, typename Sample, typename Index>
void follow_rays(const Rays& rays, const PointRows<Sample>& rows, std::size_t top, std::size_t n_rows,
                 std::size_t width, Chooser& chooser, Index* indices, std::size_t worker) {
    for (std::size_t i = 0, y = 0; y < n_rows; ++y) {
        const Rays::Lengths* const lengths = rays.row(top + y);
        for (std::size_t x = 0, column = 0; x < width; ++x, ++i, column = column + 1 == rays.width() ? 0 : column + 1) {
            if (rows.held[i] != kDithered) {
                indices[i] = static_cast<Index>(rows.held[i]);
                continue;
            }
            const bool is_opaque = has_alpha && rows.opacity[i] == Opacity::opaque;
            EntryCells& cells = rows.cells_of(i, chooser);
            const Quad color = from_pixel(rows.points[i]);
            const std::uint32_t nearest = cells.nearest(cells.clamp(color), worker);
            const Quad start = widen(chooser.entry(nearest)), way = sub8(color, from_pixel(chooser.entry(nearest)));
            // The lighter of two entries is for the upper thresholds, whichever of them is nearest: so the pattern goes
            // on where that changes. Alpha is seen as lightness.
            const PackedPoint steps = to_pixel(way);
            const bool is_lighter = static_cast<std::int16_t>(steps) + static_cast<std::int16_t>(steps >> 48) > 0;
            const std::int32_t length = is_lighter ? lengths[column].to_lighter : lengths[column].to_darker;
            std::uint32_t index = nearest;
            for (std::int32_t reach = kToColor; index == nearest && reach < length;) {
                reach = std::min(2 * reach, length);
                Quad end = narrow(add4(start, shift_right4<8>(add4(times4(way, fill4(reach)), fill4(128)))));
                if (is_opaque) end = from_pixel((to_pixel(end) & ~kAlpha) | (rows.points[i] & kAlpha));
                index = cells.nearest(cells.clamp(end), worker);
            }
            indices[i] = static_cast<Index>(index);
        }
    }
}

}  // namespace pil_kmeans
