#include "kernels/weighting/smoothness.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/color/color_space.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kReach = 2, kSide = 2 * kReach + 1;  // of the window
constexpr std::size_t kRowsATask = 32;
constexpr int kQuarters = 4 * 255;  // lightness of white
constexpr int kFraction = 4;        // bits below a quarter that parts of a lightness have before they are added

// What red, green and blue contribute to a change of Oklab's lightness near grey.
constexpr std::array<double, 3> kPart = {0.2546, 0.6520, 0.0934};

// Lightness in quarters, of a sample in each of the channels, with kFraction more bits.
template <typename Sample>
const std::array<std::vector<std::uint16_t>, 3>& lightness_tables() {
    static const auto tables = [] {
        const std::size_t n = std::size_t{1} << (8 * sizeof(Sample));
        std::array<std::vector<std::uint16_t>, 3> result;
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t v = 0; v < n; ++v) {
                const double root = cube_root(decode_srgb(static_cast<double>(v) / static_cast<double>(n - 1)));
                result[c].push_back(static_cast<std::uint16_t>(kPart[c] * (kQuarters << kFraction) * root + 0.5));
            }
        return result;
    }();
    return tables;
}

// Lightness of a row of pixels, in quarters, before the mean background where alpha is less than full.
template <std::size_t C, typename Sample>
void lightness_of_row(const Sample* samples, std::size_t width, std::uint16_t* lightness) {
    const auto& tables = lightness_tables<Sample>();
    const std::uint16_t* const part[3] = {tables[0].data(), tables[1].data(), tables[2].data()};
    constexpr std::uint32_t kFull = static_cast<Sample>(~Sample{0});
    constexpr std::uint64_t kBehind = 2 * kQuarters / 3;  // as the color spaces have it: two backgrounds of three white
    for (std::size_t x = 0; x < width; ++x) {
        const Sample* const sample = samples + x * C;
        const std::uint32_t sum =
            C < 3 ? std::uint32_t{part[0][sample[0]]} + part[1][sample[0]] + part[2][sample[0]]
                  : std::uint32_t{part[0][sample[0]]} + part[1][sample[C < 3 ? 0 : 1]] + part[2][sample[C < 3 ? 0 : 2]];
        std::uint32_t value = (sum + (1u << kFraction) / 2) >> kFraction;
        if constexpr (C % 2 == 0) {
            const std::uint64_t alpha = sample[C - 1];
            value = static_cast<std::uint32_t>((alpha * value + (kFull - alpha) * kBehind + kFull / 2) / kFull);
        }
        lightness[x] = static_cast<std::uint16_t>(value);
    }
}

// The rows of a window go down a picture: sums over its height for every column, of lightness and its square.
template <std::size_t C, typename Sample>
class Window {
  public:
    Window(const Sample* samples, std::size_t height, std::size_t width)
        : samples_(samples),
          height_(height),
          width_(width),
          sums_(width + 2 * kReach),
          squares_(width + 2 * kReach),
          rows_(kSide * width),
          coming_(width),
          nothing_(width, 0) {}

    // Smoothness of row y.
    void look_at(std::size_t y, std::uint8_t* result) {
        const std::size_t top = std::max(y, kReach) - kReach, bottom = std::min(height_ - 1, y + kReach);
        if (next_ < top || next_ > bottom + 1 || y < kReach || y + kReach >= height_ || !is_whole_) {
            restart(y);
        } else {
            while (next_ <= bottom) {
                lightness_of_row<C>(samples_ + next_ * width_ * C, width_, coming_.data());
                kernels().slide_rows(row(next_), coming_.data(), width_, sums_.data() + kReach,
                                     squares_.data() + kReach);
                std::copy(coming_.begin(), coming_.end(), row(next_++));
            }
        }
        finish(result);
    }

  private:
    std::uint16_t* row(std::size_t y) { return rows_.data() + y % kSide * width_; }

    // All rows of the window, those beyond the borders as those at them.
    void restart(std::size_t y) {
        std::fill(sums_.begin(), sums_.end(), 0);
        std::fill(squares_.begin(), squares_.end(), 0);
        is_whole_ = y >= kReach && y + kReach < height_;
        std::size_t last = height_;
        for (std::size_t i = 0; i < kSide; ++i) {
            const std::size_t at = std::clamp(y + i, kReach, height_ - 1 + kReach) - kReach;
            if (at != last) lightness_of_row<C>(samples_ + at * width_ * C, width_, row(at));
            kernels().slide_rows(nothing_.data(), row(at), width_, sums_.data() + kReach, squares_.data() + kReach);
            last = at;
        }
        next_ = last + 1;
    }

    void finish(std::uint8_t* result) {
        for (std::vector<std::int32_t>* sums : {&sums_, &squares_}) {
            std::fill_n(sums->begin(), kReach, (*sums)[kReach]);
            std::fill_n(sums->end() - kReach, kReach, (*sums)[kReach + width_ - 1]);
        }
        kernels().smooth_row(sums_.data(), squares_.data(), width_, result);
    }

    const Sample* samples_;
    std::size_t height_, width_;
    std::vector<std::int32_t> sums_, squares_;  // (kReach + width + kReach,)
    std::vector<std::uint16_t> rows_;           // lightness of the rows of the window, row y at y % kSide
    std::vector<std::uint16_t> coming_, nothing_;
    std::size_t next_ = 0;   // the row below the window
    bool is_whole_ = false;  // no row of it lies beyond a border
};

// Cell of a pixel, with the samples' top bits side by side, first channel first: no table is needed for it.
template <std::size_t C, typename Sample>
std::size_t plain_cell(const Sample* sample) {
    constexpr int kDropped = 8 * static_cast<int>(sizeof(Sample)) - kCellBits;
    std::size_t cell = static_cast<std::size_t>(sample[0] >> kDropped);
    for (std::size_t c = 1; c < C; ++c) cell = cell << kCellBits | static_cast<std::size_t>(sample[c] >> kDropped);
    return cell;
}

// The same cell with the bits interleaved.
template <std::size_t C>
std::size_t interleaved(std::size_t plain) {
    std::size_t cell = 0;
    for (std::size_t bit = kCellBits; bit-- > 0;)
        for (std::size_t c = C; c-- > 0;) cell = cell << 1 | (plain >> (c * kCellBits + bit) & 1);
    return cell;
}

// By what the weight of a pixel in a fit to the dithered picture is divided where its cell weighs so much: the power
// of 7 / 16, by square roots, which are the same everywhere. More than the cube root of the fit before it: mixed from
// its neighbours, what is frequent does with fewer entries.
inline double rarity(std::int64_t total) {
    const double root = std::sqrt(static_cast<double>(total));
    return root / std::sqrt(std::sqrt(std::sqrt(root)));
}

// Call `take(i, y, smoothness of the row, worker)` for some rows, y = row(i), each worker its own tasks of them.
template <std::size_t C, typename Sample, typename Row, typename Take>
void for_rows(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_rows, const Row& row_of,
              Team& team, const Take& take) {
    lightness_tables<Sample>();
    team.run((n_rows + kRowsATask - 1) / kRowsATask, [&](std::size_t task, std::size_t worker) {
        Window<C, Sample> window(samples, height, width);
        std::vector<std::uint8_t> row(width);
        const std::size_t end = std::min(n_rows, (task + 1) * kRowsATask);
        for (std::size_t i = task * kRowsATask; i < end; ++i) {
            const std::size_t y = row_of(i);
            window.look_at(y, row.data());
            take(i, y, row.data(), worker);
        }
    });
}

// The rows seen.
template <std::size_t C, typename Sample, typename Take>
void for_rows(const Sample* samples, std::size_t height, std::size_t width, const Seen& seen, Team& team,
              const Take& take) {
    const auto row_of = [&](std::size_t i) { return seen.first_row + i * seen.row_step; };
    for_rows<C>(samples, height, width, n_rows_seen(seen), row_of, team, take);
}

}  // namespace

std::size_t n_rows_seen(const Seen& seen) {
    return seen.first_row < seen.end_row ? (seen.end_row - seen.first_row - 1) / seen.row_step + 1 : 0;
}

template <typename Sample>
void smoothness(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels, const Seen& seen,
                Team& team, std::uint8_t* result) {
    with_channels(n_channels, [&](auto c) {
        for_rows<c()>(samples, height, width, seen, team,
                      [&](std::size_t i, std::size_t, const std::uint8_t* row, std::size_t) {
                          std::copy_n(row, width, result + i * width);
                      });
    });
}

template <typename Sample>
void cell_smoothness(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                     const Seen& seen, Team& team, std::int64_t* counts, std::int64_t* sums) {
    with_channels(n_channels, [&](auto c) {
        constexpr std::size_t C = c();
        const std::size_t n_cells = n_weight_cells(C);
        // A word for each cell, pixels above the sum, in two tables that take turns: to add to one twice in a row
        // waits.
        constexpr int kCountShift = 40;  // a sum of 2^32 pixels fits below, and 2^24 pixels above
        constexpr std::size_t kMostPixels = std::size_t{1} << 23;
        struct Tally {
            std::vector<std::uint64_t> words[2];
            std::vector<std::int64_t> counts, sums;
            std::size_t n = 0;
        };
        std::vector<Tally> tallies(team.size());
        for (Tally& tally : tallies) {
            for (auto& words : tally.words) words.assign(n_cells, 0);
            tally.counts.assign(n_cells, 0);
            tally.sums.assign(n_cells, 0);
        }
        const auto settle = [&](Tally& tally) {
            for (auto& words : tally.words)
                for (std::size_t cell = 0; cell < n_cells; ++cell) {
                    tally.counts[cell] += static_cast<std::int64_t>(words[cell] >> kCountShift);
                    tally.sums[cell] +=
                        static_cast<std::int64_t>(words[cell] & ((std::uint64_t{1} << kCountShift) - 1));
                    words[cell] = 0;
                }
            tally.n = 0;
        };
        for_rows<C>(samples, height, width, seen, team,
                    [&](std::size_t, std::size_t y, const std::uint8_t* row, std::size_t worker) {
                        Tally& tally = tallies[worker];
                        std::uint64_t* const words[2] = {tally.words[0].data(), tally.words[1].data()};
                        const auto add = [&](std::uint64_t* to, std::size_t x) {
                            const Sample* const sample = samples + (y * width + x) * C;
                            if constexpr (C % 2 == 0)
                                if (sample[C - 1] == 0) return;
                            to[plain_cell<C>(sample)] += (std::uint64_t{1} << kCountShift) + row[x];
                        };
                        const std::size_t n = seen.end_column - seen.first_column, half = n / 2;
                        for (std::size_t start = 0; start < half; start += kMostPixels) {
                            const std::size_t end = std::min(half, start + kMostPixels);
                            for (std::size_t x = seen.first_column + start; x < seen.first_column + end; ++x) {
                                add(words[0], x);
                                add(words[1], x + half);
                            }
                            if ((tally.n += end - start) >= kMostPixels) settle(tally);
                        }
                        if (n % 2) add(words[0], seen.end_column - 1);
                    });
        std::fill_n(counts, n_cells, 0);
        std::fill_n(sums, n_cells, 0);
        for (Tally& tally : tallies) {
            settle(tally);
            for (std::size_t cell = 0; cell < n_cells; ++cell) {
                if (tally.counts[cell] == 0) continue;  // as most are
                counts[interleaved<C>(cell)] += tally.counts[cell];
                sums[interleaved<C>(cell)] += tally.sums[cell];
            }
        }
    });
}

template <typename Sample>
void pixel_weights(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                   const std::int64_t* totals, const std::int64_t* rows, std::size_t n_rows, Team& team,
                   std::uint16_t* weights) {
    with_channels(n_channels, [&](auto c) {
        constexpr std::size_t C = c();
        std::vector<float> factors(n_weight_cells(C));
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (std::size_t cell = 0; cell < factors.size(); ++cell)
            if (totals[cell] > 0) least = std::min(least, totals[cell]);
        const double full = 65535.0 / kFlat * rarity(least);
        for (std::size_t cell = 0; cell < factors.size(); ++cell) {
            const std::int64_t total = std::max(totals[interleaved<C>(cell)], std::int64_t{0});
            factors[cell] = static_cast<float>(full / rarity(total ? total : least));
        }
        const auto row_of = [&](std::size_t i) { return static_cast<std::size_t>(rows[i]); };
        for_rows<C>(samples, height, width, n_rows, row_of, team,
                    [&](std::size_t, std::size_t y, const std::uint8_t* row, std::size_t) {
                        for (std::size_t x = 0; x < width; ++x) {
                            const std::size_t at = y * width + x;
                            const float weight = static_cast<float>(row[x]) * factors[plain_cell<C>(samples + at * C)];
                            weights[at] = static_cast<std::uint16_t>(weight + 0.5f);
                        }
                    });
    });
}

#define PIL_KMEANS_SMOOTHNESS(Sample)                                                                                  \
    template void smoothness(const Sample*, std::size_t, std::size_t, std::size_t, const Seen&, Team&, std::uint8_t*); \
    template void cell_smoothness(const Sample*, std::size_t, std::size_t, std::size_t, const Seen&, Team&,            \
                                  std::int64_t*, std::int64_t*);                                                       \
    template void pixel_weights(const Sample*, std::size_t, std::size_t, std::size_t, const std::int64_t*,             \
                                const std::int64_t*, std::size_t, Team&, std::uint16_t*);
PIL_KMEANS_SMOOTHNESS(std::uint8_t)
PIL_KMEANS_SMOOTHNESS(std::uint16_t)

}  // namespace pil_kmeans
