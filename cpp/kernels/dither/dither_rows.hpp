// Rows of pixels on their way to indices: what may be chosen, the pixels in the working space, and the walk that
// diffuses errors over up to four rows at a time. Shared by the dithering of whole pictures and that of the refit's
// bands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/base/quad.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/entry_cells.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kRows = 4;  // interleaved
inline constexpr std::size_t kLag = 2;   // pixels that a row keeps behind the one above
inline constexpr std::size_t kNone = ~std::size_t{0};
inline constexpr std::uint32_t kDithered = ~std::uint32_t{0};
inline constexpr std::size_t kFlatRun = 4;  // pixels of one colour in a row that are taken for a flat area
inline constexpr PackedPoint kAlpha = PackedPoint{0xffff} << 48;

inline std::uint16_t weighted(std::uint32_t coordinate, std::int32_t eighths) {
    return static_cast<std::uint16_t>(static_cast<std::int16_t>(coordinate) * eighths >> 3);
}

// Alpha is seen as lightness: it has the same weight.
inline PackedPoint pack(std::uint32_t xy, std::uint32_t zw, std::int32_t lightness_weight) {
    return PackedPoint{weighted(zw >> 16, lightness_weight)} << 48 | PackedPoint{zw & 0xffff} << 32 |
           (xy & 0xffff0000u) | weighted(xy & 0xffff, lightness_weight);
}

// The palette as the walk needs it.
class Chooser {
  public:
    Chooser(const DitherPalette& palette, const DitherOptions& options, bool has_alpha, std::size_t n_workers)
        : entries_(palette.entries.n) {
        std::vector<std::uint32_t> visible, opaque;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            entries_[i] = pack(palette.entries.xy[i], palette.entries.zw[i], options.lightness_weight);
            const auto name = static_cast<std::uint32_t>(i);
            if (palette.opacity[i] != Opacity::transparent) visible.push_back(name);
            if (palette.opacity[i] == Opacity::opaque) opaque.push_back(name);
            if (palette.opacity[i] == Opacity::transparent && transparent_ == kNone) transparent_ = i;
        }
        if (has_alpha && !opaque.empty() && opaque.size() < visible.size())
            opaque_.emplace(entries_.data(), std::move(opaque), options.margin, n_workers);
        if (visible.empty()) {
            visible.resize(entries_.size());
            std::iota(visible.begin(), visible.end(), 0u);
        }
        visible_.emplace(entries_.data(), std::move(visible), options.margin, n_workers);
    }

    PackedPoint entry(std::size_t index) const { return entries_[index]; }
    std::size_t transparent() const { return transparent_; }  // kNone if there is none
    // What is not transparent, or everything if there is nothing else: the transparent entry is for transparent pixels.
    EntryCells& visible() { return *visible_; }
    EntryCells& for_opaque() { return opaque_ ? *opaque_ : *visible_; }

  private:
    std::vector<PackedPoint> entries_;
    std::size_t transparent_ = kNone;
    std::optional<EntryCells> visible_, opaque_;
};

// Rows of pixels in the working space.
template <typename Sample>
struct Rows {
    std::vector<PackedPoint> points;
    std::vector<Opacity> opacity;     // empty where pixels have no alpha
    std::vector<std::uint32_t> held;  // the entry of pixels that are not dithered, kDithered for the others

    void read(const Sample* samples, std::size_t n_rows, std::size_t width, std::size_t n_channels,
              const DitherOptions& options, Chooser& chooser, std::size_t worker) {
        const std::size_t n = n_rows * width;
        convert(samples, n, n_channels, options);
        held.assign(n, kDithered);
        if (!options.mask.thresholds)  // by a mask, all pixels keep a colour that the palette has
            for (std::size_t row = 0; row < n; row += width) hold_flat(row, row + width, chooser, worker);
        if (opacity.empty() || chooser.transparent() == kNone) return;
        for (std::size_t i = 0; i < n; ++i)
            if (opacity[i] == Opacity::transparent) held[i] = static_cast<std::uint32_t>(chooser.transparent());
    }

  private:
    // Runs of one colour that the palette has stay as they are: an error from beside them would only speckle them.
    void hold_flat(std::size_t start, std::size_t end, Chooser& chooser, std::size_t worker) {
        for (std::size_t i = start; i < end;) {
            std::size_t run = i + 1;
            while (run < end && points[run] == points[i]) ++run;
            if (run - i >= kFlatRun && (opacity.empty() || opacity[i] != Opacity::transparent)) {
                EntryCells& cells =
                    opacity.empty() || opacity[i] == Opacity::opaque ? chooser.for_opaque() : chooser.visible();
                const std::uint32_t index = cells.nearest(cells.clamp(from_pixel(points[i])), worker);
                if (chooser.entry(index) == points[i]) std::fill(held.begin() + i, held.begin() + run, index);
            }
            i = run;
        }
    }

    void convert(const Sample* samples, std::size_t n, std::size_t n_channels, const DitherOptions& options) {
        constexpr std::size_t kChunk = 512;
        constexpr auto full = static_cast<Sample>(~Sample{0});
        static const ColorSpace& oklab = color_space("oklab");
        Team alone(1);
        points.resize(n);
        std::uint32_t xy[kChunk], zw[kChunk];
        for (std::size_t start = 0; start < n; start += kChunk) {
            const std::size_t size = std::min(kChunk, n - start);
            working_points(samples + start * n_channels, size, n_channels, oklab, false, options.grid, alone, xy, zw);
            for (std::size_t i = 0; i < size; ++i) points[start + i] = pack(xy[i], zw[i], options.lightness_weight);
        }
        if (n_channels % 2) return;
        opacity.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const Sample alpha = samples[i * n_channels + n_channels - 1];
            opacity[i] = alpha == 0 ? Opacity::transparent : alpha == full ? Opacity::opaque : Opacity::translucent;
        }
    }
};

// Errors that a row hands down, with a pixel of none at either end: (width + 2) times four int32, in 256ths of a unit.
using ErrorRow = std::vector<std::int32_t>;

// Up to four rows, interleaved.
template <bool has_alpha, typename Index>
class Walk {
  public:
    Walk(Chooser& chooser, std::int32_t strength, const PackedPoint* points, const Opacity* opacity,
         const std::uint32_t* held, std::size_t n_rows, std::size_t width, const ErrorRow& above, ErrorRow& below,
         Index* indices, std::size_t worker)
        : chooser_(chooser),
          strength_(fill4(strength)),
          points_(points),
          opacity_(opacity),
          held_(held),
          n_rows_(n_rows),
          width_(width),
          above_(above.data() + 4),
          below_(below.data() + 4),
          indices_(indices),
          worker_(worker) {
        for (auto& row : recent_)
            for (Quad& error : row) error = fill4(0);
    }

    std::size_t n_steps() const { return width_ + kLag * (n_rows_ - 1); }

    // Steps [from, to): in step t row r handles pixel t - 2 r, which depends on earlier steps only.
    void run(std::size_t from, std::size_t to) {
        const std::size_t last_lag = kLag * (n_rows_ - 1);
        std::size_t t = from;
        for (; t < to && t < last_lag; ++t) edge(t);
        if (n_rows_ == kRows)
            for (; t < to && t < width_; ++t) step<0, 1, 2, 3>(t);
        for (; t < to; ++t) edge(t);
    }

  private:
    // A step in which not all rows have a pixel.
    void edge(std::size_t t) {
        const auto one = [&]<std::size_t r>() {
            if (r >= n_rows_) return;
            if (t >= kLag * r && t - kLag * r < width_)
                step<r>(t);
            else
                recent_[r][t % 4] = fill4(0);
        };
        one.template operator()<0>();
        one.template operator()<1>();
        one.template operator()<2>();
        one.template operator()<3>();
    }

    // One pixel of each of some rows, side by side: each has a long chain of dependent steps.
    template <std::size_t... r>
    void step(std::size_t t) {
        Quad wanted[kRows];
        const EntryGroup* list[kRows];
        std::uint32_t index[kRows];
        ((wanted[r] = sum_of<r>(t)), ...);
        ((list[r] = cells_of<r>(t).list_of(wanted[r], worker_)), ...);
        ((index[r] = EntryCells::nearest_of(list[r], wanted[r])), ...);
        (take<r>(t, wanted[r], index[r]), ...);
        if (((r + 1 == n_rows_) || ...)) {
            const std::size_t last = n_rows_ - 1;
            store4(below_ + 4 * (t - kLag * last), recent_[last][t % 4]);
        }
    }

    template <std::size_t r>
    std::size_t place(std::size_t t) const {
        return r * width_ + t - kLag * r;
    }

    template <std::size_t r>
    EntryCells& cells_of(std::size_t t) {
        if constexpr (has_alpha)
            if (opacity_[place<r>(t)] == Opacity::opaque) return chooser_.for_opaque();
        return chooser_.visible();
    }

    // The pixel and what its neighbours hand to it.
    template <std::size_t r>
    Quad sum_of(std::size_t t) {
        const Quad left = recent_[r][(t + 3) % 4];
        Quad above_left, above, above_right;
        if constexpr (r == 0) {
            const std::int32_t* const up = above_ + 4 * static_cast<std::ptrdiff_t>(t);
            above_left = load4(up - 4);
            above = load4(up);
            above_right = load4(up + 4);
        } else {  // the row above is two pixels ahead
            above_left = recent_[r - 1][(t + 1) % 4];
            above = recent_[r - 1][(t + 2) % 4];
            above_right = recent_[r - 1][(t + 3) % 4];
        }
        // 3/16 from the right above, 5/16 from above, 1/16 from the left above; 7/16 from the left, which is known last
        Quad carried = add4(add4(add4(shift_left4<1>(above_right), above_right), add4(shift_left4<2>(above), above)),
                            add4(above_left, fill4(1 << 11)));
        carried = add4(carried, sub4(shift_left4<3>(left), left));
        const std::size_t at = place<r>(t);
        const PackedPoint source = points_[at];
        Quad sum = narrow(add4(widen(source), shift_right4<12>(carried)));
        if constexpr (has_alpha)
            if (opacity_[at] == Opacity::opaque) sum = from_pixel((to_pixel(sum) & ~kAlpha) | (source & kAlpha));
        return cells_of<r>(t).clamp(sum);
    }

    template <std::size_t r>
    void take(std::size_t t, Quad sum, std::uint32_t nearest) {
        const std::size_t at = place<r>(t);
        const bool is_held = held_[at] != kDithered;
        const std::uint32_t index = is_held ? held_[at] : nearest;
        indices_[at] = static_cast<Index>(index);
        const PackedPoint wanted = is_held ? chooser_.entry(index) : to_pixel(sum);
        recent_[r][t % 4] = times4(sub8(from_pixel(wanted), from_pixel(chooser_.entry(index))), strength_);
    }

    Chooser& chooser_;
    const Quad strength_;
    const PackedPoint* const points_;
    const Opacity* const opacity_;
    const std::uint32_t* const held_;
    const std::size_t n_rows_, width_;
    const std::int32_t* const above_;
    std::int32_t* const below_;
    Index* const indices_;
    const std::size_t worker_;
    Quad recent_[kRows][4];  // errors of each row's last steps, step t in place t % 4
};

}  // namespace pil_kmeans
