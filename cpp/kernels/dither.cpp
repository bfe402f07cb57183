#include "kernels/dither.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/buffer.hpp"
#include "kernels/entry_cells.hpp"
#include "kernels/quad.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kRows = 4;           // interleaved
constexpr std::size_t kLag = 2;            // pixels that a row keeps behind the one above
constexpr std::size_t kBlockWidth = 128;   // pixels between two looks at another thread's progress
constexpr std::size_t kNone = ~std::size_t{0};
constexpr std::uint32_t kDithered = ~std::uint32_t{0};
constexpr std::size_t kFlatRun = 4;        // pixels of one colour in a row that are taken for a flat area
constexpr PackedPoint kAlpha = PackedPoint{0xffff} << 48;
constexpr std::int32_t kToColor = 256;     // length of a ray that ends at the colour
constexpr std::int32_t kLongest = 8 * kToColor;

std::uint16_t weighted(std::uint32_t coordinate, std::int32_t eighths) {
    return static_cast<std::uint16_t>(static_cast<std::int16_t>(coordinate) * eighths >> 3);
}

// Alpha is seen as lightness: it has the same weight.
PackedPoint pack(std::uint32_t xy, std::uint32_t zw, std::int32_t lightness_weight) {
    return PackedPoint{weighted(zw >> 16, lightness_weight)} << 48 | PackedPoint{zw & 0xffff} << 32 |
           (xy & 0xffff0000u) | weighted(xy & 0xffff, lightness_weight);
}

// The palette as the walk needs it.
class Chooser {
public:
    Chooser(const DitherPalette& palette, const DitherOptions& options, bool has_alpha, std::size_t n_workers)
        : entries_(palette.entries.n) {
        std::vector<std::uint32_t> all, opaque;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            entries_[i] = pack(palette.entries.xy[i], palette.entries.zw[i], options.lightness_weight);
            const auto name = static_cast<std::uint32_t>(i);
            all.push_back(name);
            if (palette.opacity[i] == Opacity::opaque) opaque.push_back(name);
            if (palette.opacity[i] == Opacity::transparent && transparent_ == kNone) transparent_ = i;
        }
        if (has_alpha && !opaque.empty() && opaque.size() < all.size())
            opaque_.emplace(entries_.data(), std::move(opaque), options.margin, n_workers);
        all_.emplace(entries_.data(), std::move(all), options.margin, n_workers);
    }

    PackedPoint entry(std::size_t index) const { return entries_[index]; }
    std::size_t transparent() const { return transparent_; }  // kNone if there is none
    EntryCells& all() { return *all_; }
    EntryCells& for_opaque() { return opaque_ ? *opaque_ : *all_; }

private:
    std::vector<PackedPoint> entries_;
    std::size_t transparent_ = kNone;
    std::optional<EntryCells> all_, opaque_;
};

// Rows of pixels in the working space.
template <typename Sample>
struct Rows {
    std::vector<PackedPoint> points;
    std::vector<Opacity> opacity;      // empty where pixels have no alpha
    std::vector<std::uint32_t> held;   // the entry of pixels that are not dithered, kDithered for the others

    void read(const Sample* samples, std::size_t n_rows, std::size_t width, std::size_t n_channels, const Grid& grid,
              const DitherOptions& options, Chooser& chooser, std::size_t worker) {
        const std::size_t n = n_rows * width;
        convert(samples, n, n_channels, grid, options.lightness_weight);
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
                EntryCells& cells = opacity.empty() || opacity[i] == Opacity::opaque ? chooser.for_opaque() : chooser.all();
                const std::uint32_t index = cells.nearest(cells.clamp(from_pixel(points[i])), worker);
                if (chooser.entry(index) == points[i]) std::fill(held.begin() + i, held.begin() + run, index);
            }
            i = run;
        }
    }

    void convert(const Sample* samples, std::size_t n, std::size_t n_channels, const Grid& grid, std::int32_t lightness_weight) {
        constexpr std::size_t kChunk = 512;
        constexpr auto full = static_cast<Sample>(~Sample{0});
        Team alone(1);
        points.resize(n);
        std::uint32_t xy[kChunk], zw[kChunk];
        for (std::size_t start = 0; start < n; start += kChunk) {
            const std::size_t size = std::min(kChunk, n - start);
            working_points(samples + start * n_channels, size, n_channels, ColorSpace::oklab, false, grid, alone, xy, zw);
            for (std::size_t i = 0; i < size; ++i) points[start + i] = pack(xy[i], zw[i], lightness_weight);
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
         const std::uint32_t* held, std::size_t n_rows, std::size_t width, const ErrorRow& above, ErrorRow& below, Index* indices, std::size_t worker)
        : chooser_(chooser), strength_(fill4(strength)), points_(points), opacity_(opacity), held_(held), n_rows_(n_rows),
          width_(width), above_(above.data() + 4), below_(below.data() + 4), indices_(indices), worker_(worker) {
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
        return chooser_.all();
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

// How far each group of rows has come, for the group below it.
class Progress {
public:
    Progress(std::size_t n_groups, bool is_shared) : done_(n_groups), is_shared_(is_shared) {}

    void reach(std::size_t group, std::size_t n_pixels) {
        if (!is_shared_) return;
        done_[group].store(n_pixels, std::memory_order_release);
        done_[group].notify_one();
    }

    void wait(std::size_t group, std::size_t n_pixels) const {
        if (!is_shared_) return;
        for (std::size_t done; (done = done_[group].load(std::memory_order_acquire)) < n_pixels;)
            done_[group].wait(done, std::memory_order_acquire);
    }

private:
    std::vector<std::atomic<std::size_t>> done_;
    bool is_shared_;
};

template <bool has_alpha, typename Sample, typename Index>
void diffuse(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels, const Grid& grid,
             Chooser& chooser, const DitherOptions& options, Team& team, Index* indices) {
    const std::size_t n_groups = (height + kRows - 1) / kRows, n_workers = team.size();
    Progress progress(n_groups, n_workers > 1);
    // Group g writes row g + 1 and reads row g. One more row than workers, so that nobody reads any longer what is
    // overwritten: groups are taken, and end, in order.
    std::vector<ErrorRow> errors(n_workers + 1, ErrorRow(4 * (width + 2)));
    std::vector<Rows<Sample>> rows(n_workers);
    team.run(n_groups, [&](std::size_t group, std::size_t worker) {
        const std::size_t first = group * kRows, n_rows = std::min(kRows, height - first);
        try {
            Rows<Sample>& own = rows[worker];
            own.read(samples + first * width * n_channels, n_rows, width, n_channels, grid, options, chooser, worker);
            Walk<has_alpha, Index> walk(chooser, options.strength, own.points.data(), own.opacity.data(), own.held.data(), n_rows, width,
                                        errors[group % errors.size()], errors[(group + 1) % errors.size()],
                                        indices + first * width, worker);
            const std::size_t lag = kLag * (n_rows - 1), n_steps = walk.n_steps();
            for (std::size_t step = 0; step < n_steps; step += kBlockWidth) {
                const std::size_t end = std::min(n_steps, step + kBlockWidth);
                if (group) progress.wait(group - 1, std::min(width, end + 1));
                walk.run(step, end);
                if (end > lag) progress.reach(group, end - lag);
            }
        } catch (...) {  // out of memory: nobody may wait for this group
            progress.reach(group, width);
            throw;
        }
    });
}

// How long the ray of each place of a mask is, in 256ths of the way to the colour.
class Rays {
public:
    explicit Rays(const DitherOptions& options) : height_(options.mask.height), width_(options.mask.width), lengths_(height_ * width_) {
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
void follow_rays(const Rays& rays, const Rows<Sample>& rows, std::size_t top, std::size_t n_rows, std::size_t width,
                 Chooser& chooser, Index* indices, std::size_t worker) {
    for (std::size_t i = 0, y = 0; y < n_rows; ++y) {
        const Rays::Lengths* const lengths = rays.row(top + y);
        for (std::size_t x = 0, column = 0; x < width; ++x, ++i, column = column + 1 == rays.width() ? 0 : column + 1) {
            if (rows.held[i] != kDithered) {
                indices[i] = static_cast<Index>(rows.held[i]);
                continue;
            }
            const bool is_opaque = has_alpha && rows.opacity[i] == Opacity::opaque;
            EntryCells& cells = is_opaque ? chooser.for_opaque() : chooser.all();
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

template <bool has_alpha, typename Sample, typename Index>
void dither_by_mask(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels, const Grid& grid,
                    Chooser& chooser, const DitherOptions& options, Team& team, Index* indices) {
    const Rays rays(options);
    std::vector<Rows<Sample>> rows(team.size());
    team.run((height + kRows - 1) / kRows, [&](std::size_t group, std::size_t worker) {
        const std::size_t top = group * kRows, n_rows = std::min(kRows, height - top), first = top * width;
        rows[worker].read(samples + first * n_channels, n_rows, width, n_channels, grid, options, chooser, worker);
        follow_rays<has_alpha>(rays, rows[worker], top, n_rows, width, chooser, indices + first, worker);
    });
}

// Add up the weights 1, 6, 15, 20, 15, 6, 1 of a binomial.
inline std::int32_t binomial(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d, std::int32_t e, std::int32_t f, std::int32_t g) {
    return a + g + 6 * (b + f) + 15 * (c + e) + 20 * d;
}

struct Sums {
    std::vector<std::int64_t> sums, totals;
};

// The residuals of one band that has been dithered.
class BandResiduals {
public:
    void add(const PackedPoint* points, const std::uint32_t* indices, const Chooser& chooser, std::size_t height,
             std::size_t width, const std::uint16_t* weights, Sums& to, double& error) {
        lacking_.resize(4 * height * width);
        for (std::size_t i = 0; i < height * width; ++i) {
            const PackedPoint source = points[i], entry = chooser.entry(indices[i]);
            const Quad lacks = sub8(from_pixel(source), from_pixel(entry));
            const PackedPoint packed = to_pixel(lacks);
            std::memcpy(&lacking_[4 * i], &packed, sizeof packed);
        }
        const std::size_t row_size = 4 * width;
        column_.resize(row_size + 24);
        blurred_.resize(row_size);
        for (std::size_t y = first_row(height); y < height - first_row(height); y += 2) {
            const std::int16_t* row[7];
            for (std::size_t k = 0; k < 7; ++k) {
                const std::size_t at = y + k < 3 ? 0 : std::min(y + k - 3, height - 1);
                row[k] = lacking_.data() + at * row_size;
            }
            std::int32_t* const column = column_.data() + 12;
            for (std::size_t i = 0; i < row_size; ++i)
                column[i] = binomial(row[0][i], row[1][i], row[2][i], row[3][i], row[4][i], row[5][i], row[6][i]);
            for (std::size_t i = 0; i < 12; ++i) {  // beyond the ends the picture goes on as it ends
                column_[i] = column[i % 4];
                column[row_size + i] = column[row_size - 4 + i % 4];
            }
            for (std::size_t i = 0; i < row_size; ++i) {
                const std::int32_t* const c = column_.data() + i;
                blurred_[i] = binomial(c[0], c[4], c[8], c[12], c[16], c[20], c[24]) >> 6;
            }
            for (std::size_t x = 0; x < width; ++x) {
                const std::int64_t weight = weights ? weights[y * width + x] : 1;
                std::int64_t* const sum = to.sums.data() + 4 * std::size_t{indices[y * width + x]};
                double square = 0;
                for (std::size_t d = 0; d < 4; ++d) {
                    const std::int32_t value = blurred_[4 * x + d];
                    sum[d] += weight * value;
                    square += static_cast<double>(value) * value;
                }
                to.totals[indices[y * width + x]] += weight;
                error += static_cast<double>(weight) * square;
            }
        }
    }

private:
    // The band's first rows, whose upper neighbours hand down nothing, are not like others.
    static std::size_t first_row(std::size_t height) { return height > 8 ? 3 : 0; }

    std::vector<std::int16_t> lacking_;
    std::vector<std::int32_t> column_, blurred_;
};

// What a thread needs to dither bands.
template <typename Sample>
struct BandWorker {
    Rows<Sample> rows;
    std::vector<std::uint32_t> indices;
    ErrorRow above, below;
    BandResiduals band;
    Sums sums;

    template <bool alpha>
    void diffuse(Chooser& chooser, std::int32_t strength, std::size_t height, std::size_t width, std::size_t which) {
        above.assign(4 * (width + 2), 0);
        below.assign(4 * (width + 2), 0);
        for (std::size_t y = 0; y < height; y += kRows) {
            const std::size_t n_rows = std::min(kRows, height - y), first = y * width;
            Walk<alpha, std::uint32_t> walk(chooser, strength, rows.points.data() + first,
                                            alpha ? rows.opacity.data() + first : nullptr, rows.held.data() + first,
                                            n_rows, width, above, below, indices.data() + first, which);
            walk.run(0, walk.n_steps());
            std::swap(above, below);
        }
    }
};

}  // namespace

template <typename Sample, typename Index>
void dither(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels, const Grid& grid,
            const DitherPalette& palette, const DitherOptions& options, Team& team, Index* indices) {
    const bool has_alpha = n_channels % 2 == 0;
    Chooser chooser(palette, options, has_alpha, team.size());
    const auto dither_rows = [&]<bool alpha>() {
        (options.mask.thresholds ? dither_by_mask<alpha, Sample, Index> : diffuse<alpha, Sample, Index>)(
            samples, height, width, n_channels, grid, chooser, options, team, indices);
    };
    if (has_alpha)
        dither_rows.template operator()<true>();
    else
        dither_rows.template operator()<false>();
}

template <typename Sample>
void residuals(const Sample* samples, std::size_t n_channels, const Grid& grid, const DitherPalette& palette,
               const DitherOptions& options, const Band* bands, std::size_t n_bands, const std::uint16_t* weights, Team& team,
               std::int64_t* sums, std::int64_t* totals, double* errors) {
    const bool has_alpha = n_channels % 2 == 0;
    const std::size_t k = palette.entries.n;
    Chooser chooser(palette, options, has_alpha, team.size());
    std::optional<Rays> rays;
    if (options.mask.thresholds) rays.emplace(options);
    std::vector<BandWorker<Sample>> workers(team.size());
    for (BandWorker<Sample>& worker : workers) {
        worker.sums.sums.resize(4 * k);
        worker.sums.totals.resize(k);
    }
    team.run(n_bands, [&](std::size_t b, std::size_t which) {
        BandWorker<Sample>& worker = workers[which];
        const auto [first, height, width] = bands[b];
        worker.rows.read(samples + first * n_channels, height, width, n_channels, grid, options, chooser, which);
        worker.indices.resize(height * width);
        const auto dither_band = [&]<bool alpha>() {
            if (rays)
                follow_rays<alpha>(*rays, worker.rows, 0, height, width, chooser, worker.indices.data(), which);
            else
                worker.template diffuse<alpha>(chooser, options.strength, height, width, which);
        };
        if (has_alpha)
            dither_band.template operator()<true>();
        else
            dither_band.template operator()<false>();
        errors[b] = 0;
        worker.band.add(worker.rows.points.data(), worker.indices.data(), chooser, height, width,
                        weights ? weights + first : nullptr, worker.sums, errors[b]);
    });
    std::fill(sums, sums + 4 * k, 0);
    std::fill(totals, totals + k, 0);
    for (const BandWorker<Sample>& worker : workers) {
        for (std::size_t i = 0; i < 4 * k; ++i) sums[i] += worker.sums.sums[i];
        for (std::size_t i = 0; i < k; ++i) totals[i] += worker.sums.totals[i];
    }
}

#define PIL_KMEANS_DITHER(Sample)                                                                                      \
    template void dither(const Sample*, std::size_t, std::size_t, std::size_t, const Grid&, const DitherPalette&,      \
                         const DitherOptions&, Team&, std::uint8_t*);                                                  \
    template void dither(const Sample*, std::size_t, std::size_t, std::size_t, const Grid&, const DitherPalette&,      \
                         const DitherOptions&, Team&, std::uint16_t*);                                                 \
    template void residuals(const Sample*, std::size_t, const Grid&, const DitherPalette&, const DitherOptions&,       \
                            const Band*, std::size_t, const std::uint16_t*, Team&, std::int64_t*, std::int64_t*, double*);
PIL_KMEANS_DITHER(std::uint8_t)
PIL_KMEANS_DITHER(std::uint16_t)

}  // namespace pil_kmeans
