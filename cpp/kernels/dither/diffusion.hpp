// Error diffusion: rows of pixels as light, and the walk over some of them at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/base/float_quad.hpp"
#include "kernels/dither/dither_rows.hpp"
#include "kernels/dither/hull.hpp"
#include "kernels/dither/light.hpp"
#include "kernels/dither/walk.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kFlatRun = 4;  // pixels of one colour in a row that are taken for a flat area

// The palette as light, and how it is looked up in.
class LightPalette {
  public:
    LightPalette(const DitherPalette& palette, const DitherOptions& options, bool pixels_have_alpha,
                 std::size_t n_workers)
        : has_alpha(pixels_have_alpha),
          terms(light_terms(options)),
          entries(4 * palette.entries.n),
          hull(palette, options, n_workers),
          chooser(points_of(palette), palette.opacity, options, has_alpha, n_workers),
          roots_(palette.roots) {
        for (std::size_t c = 0; c < 4; ++c) {
            low[c] = high[c] = entries[c];
            for (std::size_t i = c; i < entries.size(); i += 4) {
                low[c] = std::min(low[c], entries[i]);
                high[c] = std::max(high[c], entries[i]);
            }
        }
    }

    // The point of a pixel, from its roots (4,).
    PackedPoint point(const float* roots) const {
        PackedPoint point;
        kernels().light_points(terms, has_alpha, roots, 1, false, nullptr, &point);
        return point;
    }
    const float* roots(std::size_t index) const { return roots_ + 4 * index; }

    const bool has_alpha;
    const LightTerms terms;
    std::vector<float> entries;  // (k, 4) light
    // Bounds of what the entries have. What a pixel has beyond would be an error in all pixels of an area that no entry
    // makes up for: it piles up, and spills over where the area ends.
    float low[4], high[4];
    Hull hull;
    Chooser chooser;  // after the entries, whose points it is made of

  private:
    std::vector<PackedPoint> points_of(const DitherPalette& palette) {
        std::vector<PackedPoint> points(palette.entries.n);
        kernels().light_points(terms, has_alpha, palette.roots, points.size(), true, entries.data(), points.data());
        return points;
    }

    const float* roots_;
};

// Rows of pixels as roots of light.
template <typename Sample>
struct LightRows : HeldRows {
    std::vector<float> roots;
    bool is_any_held = false;

    void read(const Sample* samples, std::size_t n_rows, std::size_t width, std::size_t n_channels,
              LightPalette& palette, std::size_t worker) {
        const std::size_t n = n_rows * width;
        HeldRows::read(samples, n, n_channels, palette.chooser);
        roots.resize(4 * n);
        cone_roots(samples, n, n_channels, palette.terms.is_precise, roots.data());
        for (std::size_t row = 0; row < n; row += width) hold_flat(row, row + width, palette, worker);
        is_any_held = std::any_of(held.begin(), held.end(), [](std::uint32_t index) { return index != kDithered; });
        if (palette.hull.is_everything()) return;
        for (std::size_t i = 0; i < n; ++i)
            if (opacity.empty() || opacity[i] == Opacity::opaque) palette.hull.move(roots.data() + 4 * i, worker);
    }

    FloatQuad pixel(std::size_t i) const { return load_floats(roots.data() + 4 * i); }

  private:
    // Runs of one colour that the palette has stay as they are: an error from beside them would only speckle them.
    void hold_flat(std::size_t start, std::size_t end, LightPalette& palette, std::size_t worker) {
        for (std::size_t i = start; i + kFlatRun <= end;) {
            std::size_t run = i + kFlatRun - 1;
            while (run > i && all_equal(pixel(run - 1), pixel(run))) --run;
            if (run > i) {  // where another colour begins: no run until there is long enough
                i = run;
                continue;
            }
            for (run = i + kFlatRun; run < end && all_equal(pixel(run), pixel(i));) ++run;
            if (opacity.empty() || opacity[i] != Opacity::transparent) {
                EntryCells& cells = cells_of(i, palette.chooser);
                const Quad point = from_pixel(palette.point(roots.data() + 4 * i));
                const std::uint32_t index = cells.nearest(cells.clamp(point), worker);
                if (all_equal(load_floats(palette.roots(index)), pixel(i)))
                    std::fill(held.begin() + i, held.begin() + run, index);
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

// Some rows, at most kRows, on their way to indices.
class Walk {
  public:
    template <typename Rows>
    Walk(LightPalette& palette, const DitherOptions& options, const Rows& rows, std::size_t first_row,
         std::size_t n_rows, std::size_t width, const ErrorRows& above, ErrorRows& below, std::uint32_t* indices,
         std::size_t worker)
        : has_alpha_(palette.has_alpha), is_wide_(is_wide(options.shares)), recent_(std::make_unique<RecentErrors>()) {
        const std::size_t first = first_row * width;
        walk_ = {.light = palette.terms,
                 .shares = options.shares,
                 .strength = static_cast<float>(options.strength) / 256,
                 .low = {},
                 .high = {},
                 .entries = palette.entries.data(),
                 .visible = palette.chooser.visible().table(),
                 .opaque = palette.chooser.for_opaque().table(),
                 .roots = rows.roots.data() + 4 * first,
                 .opacity = has_alpha_ ? rows.opacity.data() + first : nullptr,
                 .held = rows.held.data() + first,
                 .is_any_held = rows.is_any_held,
                 .n_rows = n_rows,
                 .width = width,
                 .above = {above.row(0), above.row(1)},
                 .below = {below.row(0), below.row(1)},
                 .recent = recent_.get(),
                 .indices = indices,
                 .worker = worker};
        std::copy_n(palette.low, 4, walk_.low);
        std::copy_n(palette.high, 4, walk_.high);
    }

    std::size_t lag() const { return reach_of(is_wide_).lag * (walk_.n_rows - 1); }
    std::size_t n_steps() const { return walk_.width + lag(); }
    void run(std::size_t from, std::size_t to) { kernels().walk_rows(walk_, has_alpha_, is_wide_, from, to); }

  private:
    const bool has_alpha_, is_wide_;
    std::unique_ptr<RecentErrors> recent_;
    RowWalk walk_;
};

}  // namespace pil_kmeans
