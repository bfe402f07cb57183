// Error diffusion: rows of pixels as light, and the walk over up to four of them at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/dither/dither_rows.hpp"
#include "kernels/dither/hull.hpp"
#include "kernels/dither/light.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kFlatRun = 4;  // pixels of one colour in a row that are taken for a flat area

// The palette as light, and how it is looked up in.
template <bool has_alpha>
class LightPalette {
  public:
    LightPalette(const DitherPalette& palette, const DitherOptions& options, std::size_t n_workers)
        : light(options),
          roots_(palette.roots),
          entries_(4 * palette.entries.n),
          hull(palette, options, n_workers),
          chooser(points_of(palette), palette.opacity, options, has_alpha, n_workers) {}

    FloatQuad roots(std::size_t index) const { return load_floats(roots_ + 4 * index); }
    FloatQuad entry(std::size_t index) const { return load_floats(entries_.data() + 4 * index); }

    // Light within the bounds of what the entries have. What lies beyond would be an error in all pixels of an area
    // that no entry makes up for: it piles up, and spills over where the area ends.
    FloatQuad bounded(FloatQuad wanted) const { return max_floats(min_floats(wanted, high_), low_); }

    const Light light;

  private:
    const float* roots_;
    std::vector<float> entries_;
    FloatQuad low_, high_;

    std::vector<PackedPoint> points_of(const DitherPalette& palette) {
        std::vector<PackedPoint> points(palette.entries.n);
        for (std::size_t i = 0; i < points.size(); ++i) {
            const FloatQuad entry = light.of<has_alpha>(roots(i));
            store_floats(entries_.data() + 4 * i, entry);
            low_ = i ? min_floats(low_, entry) : entry;
            high_ = i ? max_floats(high_, entry) : entry;
            points[i] = to_pixel(narrow(to_nearest(light.bounded_point<has_alpha>(entry))));
        }
        return points;
    }

  public:
    Hull hull;
    Chooser chooser;  // last: it is made of the rest
};

// Rows of pixels as roots of light.
template <typename Sample>
struct LightRows : HeldRows {
    std::vector<float> roots;

    template <bool has_alpha>
    void read(const Sample* samples, std::size_t n_rows, std::size_t width, std::size_t n_channels,
              LightPalette<has_alpha>& palette, std::size_t worker) {
        const std::size_t n = n_rows * width;
        HeldRows::read(samples, n, n_channels, palette.chooser);
        roots.resize(4 * n);
        cone_roots(samples, n, n_channels, roots.data());
        for (std::size_t row = 0; row < n; row += width) hold_flat(row, row + width, palette, worker);
        if (palette.hull.is_everything()) return;
        for (std::size_t i = 0; i < n; ++i)
            if (!has_alpha || opacity[i] == Opacity::opaque) palette.hull.move(roots.data() + 4 * i, worker);
    }

    FloatQuad pixel(std::size_t i) const { return load_floats(roots.data() + 4 * i); }

  private:
    // Runs of one colour that the palette has stay as they are: an error from beside them would only speckle them.
    template <bool has_alpha>
    void hold_flat(std::size_t start, std::size_t end, LightPalette<has_alpha>& palette, std::size_t worker) {
        for (std::size_t i = start; i + kFlatRun <= end;) {
            std::size_t run = i + kFlatRun - 1;
            while (run > i && all_equal(pixel(run - 1), pixel(run))) --run;
            if (run > i) {  // where another colour begins: no run until there is long enough
                i = run;
                continue;
            }
            for (run = i + kFlatRun; run < end && all_equal(pixel(run), pixel(i));) ++run;
            if (!has_alpha || opacity[i] != Opacity::transparent) {
                EntryCells& cells = cells_of(i, palette.chooser);
                const FloatQuad point =
                    palette.light.template point<has_alpha>(palette.light.template of<has_alpha>(pixel(i)));
                const std::uint32_t index = cells.nearest(cells.clamp(narrow(to_nearest(point))), worker);
                if (all_equal(palette.roots(index), pixel(i))) std::fill(held.begin() + i, held.begin() + run, index);
            }
            i = run;
        }
    }
};

// Errors that rows hand down, with pixels of none at either end: (2, width + 4) times four floats, the last row's last.
class ErrorRows {
  public:
    explicit ErrorRows(std::size_t width = 0) { clear(width); }

    void clear(std::size_t width) {
        row_size_ = 4 * (width + 2 * kReach);
        errors_.assign(2 * row_size_, 0.0f);
    }
    void take(const float* errors) { std::copy_n(errors, errors_.size(), errors_.begin()); }
    void take_row(std::size_t r, const ErrorRows& from, std::size_t which) {
        std::copy_n(from.errors_.begin() + which * row_size_, row_size_, errors_.begin() + r * row_size_);
    }
    void give(float* errors) const { std::copy(errors_.begin(), errors_.end(), errors); }
    float* row(std::size_t r) { return errors_.data() + r * row_size_ + 4 * kReach; }
    const float* row(std::size_t r) const { return errors_.data() + r * row_size_ + 4 * kReach; }

  private:
    std::size_t row_size_;
    std::vector<float> errors_;
};

// Whether errors go farther than to the next row and the next pixel.
inline bool is_wide(const Shares& shares) {
    float far = 0;
    for (const float share : shares[2]) far += share;
    return far + shares[0][2 + 2] + shares[1][0] + shares[1][4] > 0;
}

// Up to four rows, interleaved.
template <bool has_alpha, bool wide, typename Index>
class Walk {
  public:
    static constexpr std::size_t kLag = wide ? 3 : 2;    // pixels that a row keeps behind the one above
    static constexpr std::size_t kAhead = wide ? 2 : 1;  // pixels of the row above that a pixel's error comes from

    Walk(LightPalette<has_alpha>& palette, const DitherOptions& options, const float* roots, const Opacity* opacity,
         const std::uint32_t* held, std::size_t n_rows, std::size_t width, const ErrorRows& above, ErrorRows& below,
         Index* indices, std::size_t worker)
        : palette_(palette),
          strength_(fill_floats(static_cast<float>(options.strength) / 256)),
          roots_(roots),
          opacity_(opacity),
          held_(held),
          n_rows_(n_rows),
          width_(width),
          indices_(indices),
          worker_(worker) {
        for (std::size_t y = 0; y <= kReach; ++y)
            for (std::size_t x = 0; x <= 2 * kReach; ++x) shares_[y][x] = fill_floats(options.shares[y][x]);
        for (std::size_t r = 0; r < 2; ++r) {
            above_[r] = above.row(r);
            below_[r] = below.row(r);
        }
        for (auto& row : recent_)
            for (FloatQuad& error : row) error = fill_floats(0);
    }

    std::size_t n_steps() const { return width_ + kLag * (n_rows_ - 1); }

    // Steps [from, to): in step t row r handles pixel t - kLag r, which depends on earlier steps only.
    void run(std::size_t from, std::size_t to) {
        const std::size_t last_lag = kLag * (n_rows_ - 1);
        std::size_t t = from;
        for (; t < to && t < last_lag; ++t) edge(t);
        if (n_rows_ == kRows)
            for (; t < to && t < width_; ++t) together(t, std::make_index_sequence<kRows>());
        for (; t < to; ++t) edge(t);
    }

  private:
    static constexpr std::size_t kRecent = 8;  // steps whose errors are remembered

    template <std::size_t... r>
    void together(std::size_t t, std::index_sequence<r...>) {
        step<r...>(t);
    }

    // A step in which not all rows have a pixel. Upwards, so that no row overwrites what another still needs.
    void edge(std::size_t t) {
        const auto one = [&]<std::size_t r>() {
            if (r >= n_rows_) return;
            if (t >= kLag * r && t - kLag * r < width_)
                step<r>(t);
            else
                recent_[r][t % kRecent] = fill_floats(0);
        };
        const auto upwards = [&]<std::size_t... r>(std::index_sequence<r...>) {
            (one.template operator()<kRows - 1 - r>(), ...);
        };
        upwards(std::make_index_sequence<kRows>());
    }

    // What a pixel wants, and how its error weighs.
    struct Wish {
        FloatQuad light, scale;
    };

    // One pixel of each of some rows, side by side: each has a long chain of dependent steps.
    template <std::size_t... r>
    void step(std::size_t t) {
        Wish wish[kRows];
        Quad point[kRows];
        const EntryGroup* list[kRows];
        std::uint32_t index[kRows];
        ((wish[r] = wish_of<r>(t)), ...);
        ((point[r] = point_of<r>(t, wish[r])), ...);
        ((list[r] = cells_of<r>(t).list_of(point[r], worker_)), ...);
        ((index[r] = EntryCells::nearest_of(list[r], point[r])), ...);
        (take<r>(t, wish[r], index[r]), ...);
        (hand_down<r>(t), ...);
    }

    template <std::size_t r>
    std::size_t place(std::size_t t) const {
        return r * width_ + t - kLag * r;
    }

    template <std::size_t r>
    EntryCells& cells_of(std::size_t t) {
        if constexpr (has_alpha)
            if (opacity_[place<r>(t)] == Opacity::opaque) return palette_.chooser.for_opaque();
        return palette_.chooser.visible();
    }

    // The error of the pixel `up` rows above and `x` columns to the right.
    template <std::size_t r, std::size_t up, int x>
    FloatQuad error(std::size_t t) const {
        if constexpr (up <= r)
            return recent_[r - up][(t + kRecent + x - kLag * up) % kRecent];
        else
            return load_floats(above_[2 + r - up] + 4 * (static_cast<std::ptrdiff_t>(t - kLag * r) + x));
    }

    // Part of what the neighbours hand to the pixel; those `up` rows above.
    template <std::size_t r, std::size_t up, int... x>
    FloatQuad carried_from(std::size_t t, FloatQuad sum) const {
        ((sum = sum + shares_[up][kReach - x] * error<r, up, x>(t)), ...);
        return sum;
    }

    template <std::size_t r>
    Wish wish_of(std::size_t t) const {
        FloatQuad carried = fill_floats(0.0f);
        if constexpr (wide) {
            carried = carried_from<r, 2, 2, 1, 0, -1, -2>(t, carried);
            carried = carried_from<r, 1, 2, 1, 0, -1, -2>(t, carried);
            carried = carried_from<r, 0, -2, -1>(t, carried);
        } else {
            carried = carried_from<r, 1, 1, 0, -1>(t, carried);
            carried = carried_from<r, 0, -1>(t, carried);  // known last
        }
        const std::size_t at = place<r>(t);
        const FloatQuad roots = load_floats(roots_ + 4 * at), slope = palette_.light.template slope<has_alpha>(roots);
        const FloatQuad own = palette_.light.template of<has_alpha>(roots);
        FloatQuad light = palette_.bounded(own) + slope * carried;
        if constexpr (has_alpha)
            if (opacity_[at] == Opacity::opaque) light = with_last(light, own);
        return {palette_.light.template clamped<has_alpha>(light), strength_ / slope};
    }

    template <std::size_t r>
    Quad point_of(std::size_t t, const Wish& wish) {
        return cells_of<r>(t).clamp(narrow(to_nearest(palette_.light.template point<has_alpha>(wish.light))));
    }

    template <std::size_t r>
    void take(std::size_t t, const Wish& wish, std::uint32_t nearest) {
        const std::size_t at = place<r>(t);
        const bool is_held = held_[at] != kDithered;
        const std::uint32_t index = is_held ? held_[at] : nearest;
        indices_[at] = static_cast<Index>(index);
        const FloatQuad missed = is_held ? fill_floats(0.0f) : wish.light - palette_.entry(index);
        recent_[r][t % kRecent] = missed * wish.scale;
    }

    // The last rows' errors are for the group below.
    template <std::size_t r>
    void hand_down(std::size_t t) {
        for (std::size_t up = 0; up < (wide ? 2 : 1); ++up)
            if (r + 1 + up == n_rows_) store_floats(below_[1 - up] + 4 * (t - kLag * r), recent_[r][t % kRecent]);
    }

    LightPalette<has_alpha>& palette_;
    const FloatQuad strength_;
    const float* const roots_;
    const Opacity* const opacity_;
    const std::uint32_t* const held_;
    const std::size_t n_rows_, width_;
    const float* above_[2];
    float* below_[2];
    Index* const indices_;
    const std::size_t worker_;
    FloatQuad shares_[kReach + 1][2 * kReach + 1];
    FloatQuad recent_[kRows][kRecent];  // errors of each row's last steps, step t in place t % kRecent
};

}  // namespace pil_kmeans
