#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/dither/diffusion.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/dither_mask.hpp"

namespace pil_kmeans {
namespace {

constexpr PackedPoint kRefitAlike = alike(6, 7);  // by a mask: in what colours agree that the refit takes for one

// Add up the weights 1, 6, 15, 20, 15, 6, 1 of a binomial.
inline std::int32_t binomial(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d, std::int32_t e,
                             std::int32_t f, std::int32_t g) {
    return a + g + 6 * (b + f) + 15 * (c + e) + 20 * d;
}

struct Sums {
    std::vector<std::int64_t> sums, totals;
};

// The residuals of one band that has been dithered.
class BandResiduals {
  public:
    // `lack(i)`: what pixel i lacks, four int16.
    template <typename Lack>
    void add(Lack lack, const std::uint32_t* indices, std::size_t height, std::size_t width,
             const std::uint16_t* weights, Sums& to, double& error) {
        lacking_.resize(4 * height * width);
        for (std::size_t i = 0; i < height * width; ++i) {
            const PackedPoint packed = lack(i);
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
                std::int64_t square = 0;  // below 2^44
                for (std::size_t d = 0; d < 4; ++d) {
                    const std::int64_t value = blurred_[4 * x + d];
                    sum[d] += weight * value;
                    square += value * value;
                }
                to.totals[indices[y * width + x]] += weight;
                error += static_cast<double>(weight * square);
            }
        }
    }

  private:
    // The band's first rows, whose upper neighbours hand down nothing, are not like others.
    static std::size_t first_row(std::size_t height) { return height > 8 ? 2 : 0; }

    std::vector<std::int16_t> lacking_;
    std::vector<std::int32_t> column_, blurred_;
};

// What a thread needs to dither bands.
struct BandWorker {
    std::vector<std::uint32_t> indices;
    BandResiduals band;
    Sums sums;
};

// Bands, each dithered and summed up by `dither_band(band, worker, which, weights of its pixels, error)`.
template <typename DitherBand>
void sum_bands(const Band* bands, std::size_t n_bands, std::size_t k, const std::uint16_t* weights, Team& team,
               std::int64_t* sums, std::int64_t* totals, double* errors, DitherBand dither_band) {
    std::vector<BandWorker> workers(team.size());
    for (BandWorker& worker : workers) {
        worker.sums.sums.resize(4 * k);
        worker.sums.totals.resize(k);
    }
    team.run(n_bands, [&](std::size_t b, std::size_t which) {
        workers[which].indices.resize(bands[b].height * bands[b].width);
        errors[b] = 0;
        dither_band(bands[b], workers[which], which, weights ? weights + bands[b].first : nullptr, errors[b]);
    });
    std::fill(sums, sums + 4 * k, 0);
    std::fill(totals, totals + k, 0);
    for (const BandWorker& worker : workers) {
        for (std::size_t i = 0; i < 4 * k; ++i) sums[i] += worker.sums.sums[i];
        for (std::size_t i = 0; i < k; ++i) totals[i] += worker.sums.totals[i];
    }
}

template <bool has_alpha, typename Sample>
void residuals_by_diffusion(const Sample* samples, std::size_t n_channels, const DitherPalette& entries,
                            const DitherOptions& options, const Band* bands, std::size_t n_bands,
                            const std::uint16_t* weights, Team& team, std::int64_t* sums, std::int64_t* totals,
                            double* errors) {
    LightPalette<has_alpha> palette(entries, options, team.size());
    std::vector<LightRows<Sample>> rows(team.size());
    std::vector<ErrorRows> above(team.size()), below(team.size());
    const auto diffuse_band = [&]<bool wide>(const Band& band, BandWorker& worker, std::size_t which) {
        const LightRows<Sample>& own = rows[which];
        above[which].clear(band.width);
        below[which].clear(band.width);
        for (std::size_t y = 0; y < band.height; y += kRows) {
            const std::size_t n_rows = std::min(kRows, band.height - y), first = y * band.width;
            Walk<has_alpha, wide, std::uint32_t> walk(palette, options, own.roots.data() + 4 * first,
                                                      has_alpha ? own.opacity.data() + first : nullptr,
                                                      own.held.data() + first, n_rows, band.width, above[which],
                                                      below[which], worker.indices.data() + first, which);
            walk.run(0, walk.n_steps());
            std::swap(above[which], below[which]);
        }
    };
    const bool wide = is_wide(options.shares);
    sum_bands(
        bands, n_bands, entries.entries.n, weights, team, sums, totals, errors,
        [&](const Band& band, BandWorker& worker, std::size_t which, const std::uint16_t* own_weights, double& error) {
            LightRows<Sample>& own = rows[which];
            own.read(samples + band.first * n_channels, band.height, band.width, n_channels, palette, which);
            if (wide)
                diffuse_band.template operator()<true>(band, worker, which);
            else
                diffuse_band.template operator()<false>(band, worker, which);
            const auto lack = [&](std::size_t i) {
                const FloatQuad roots = own.pixel(i), light = palette.light.template of<has_alpha>(roots);
                const FloatQuad lacks =
                    (light - palette.entry(worker.indices[i])) / palette.light.template slope<has_alpha>(roots);
                return to_pixel(narrow(to_nearest(palette.light.error_in_oklab(lacks))));
            };
            worker.band.add(lack, worker.indices.data(), band.height, band.width, own_weights, worker.sums, error);
        });
}

template <bool has_alpha, typename Sample>
void residuals_by_mask(const Sample* samples, std::size_t n_channels, const DitherPalette& palette,
                       const DitherOptions& options, const Band* bands, std::size_t n_bands,
                       const std::uint16_t* weights, Team& team, std::int64_t* sums, std::int64_t* totals,
                       double* errors) {
    Chooser chooser = point_chooser(palette, options, has_alpha, team.size());
    std::size_t n_pixels = 0;
    for (const Band* band = bands; band != bands + n_bands; ++band) n_pixels += band->height * band->width;
    Mixes mixes(palette, options, chooser, has_alpha, n_pixels, kRefitAlike, team.size());
    std::vector<PointRows<Sample>> rows(team.size());
    sum_bands(
        bands, n_bands, palette.entries.n, weights, team, sums, totals, errors,
        [&](const Band& band, BandWorker& worker, std::size_t which, const std::uint16_t* own_weights, double& error) {
            PointRows<Sample>& own = rows[which];
            own.read(samples + band.first * n_channels, band.height * band.width, n_channels, options, chooser);
            follow_mask<has_alpha>(options.mask, own, 0, band.height, band.width, mixes, worker.indices.data(), which);
            const auto lack = [&](std::size_t i) {
                return to_pixel(sub8(from_pixel(own.points[i]), from_pixel(chooser.entry(worker.indices[i]))));
            };
            worker.band.add(lack, worker.indices.data(), band.height, band.width, own_weights, worker.sums, error);
        });
}

}  // namespace

template <typename Sample>
void residuals(const Sample* samples, std::size_t n_channels, const DitherPalette& palette,
               const DitherOptions& options, const Band* bands, std::size_t n_bands, const std::uint16_t* weights,
               Team& team, std::int64_t* sums, std::int64_t* totals, double* errors) {
    const auto sum_up = [&]<bool has_alpha>() {
        (options.mask.thresholds ? residuals_by_mask<has_alpha, Sample>
                                 : residuals_by_diffusion<has_alpha, Sample>)(samples, n_channels, palette, options,
                                                                              bands, n_bands, weights, team, sums,
                                                                              totals, errors);
    };
    if (n_channels % 2)
        sum_up.template operator()<false>();
    else
        sum_up.template operator()<true>();
}

#define PIL_KMEANS_RESIDUALS(Sample)                                                                             \
    template void residuals(const Sample*, std::size_t, const DitherPalette&, const DitherOptions&, const Band*, \
                            std::size_t, const std::uint16_t*, Team&, std::int64_t*, std::int64_t*, double*);
PIL_KMEANS_RESIDUALS(std::uint8_t)
PIL_KMEANS_RESIDUALS(std::uint16_t)

}  // namespace pil_kmeans
