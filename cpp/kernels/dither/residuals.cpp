#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "kernels/dither/diffusion.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/dither_mask.hpp"

namespace pil_kmeans {
namespace {

constexpr PackedPoint kRefitAlike = alike(6, 7);  // by a mask: in what colours agree that the refit takes for one

struct Sums {
    std::vector<std::int64_t> sums, totals;
};

// The residuals of one band that has been dithered.
class BandResiduals {
  public:
    // Arrays for what pixels lack, one for each coordinate, which `add` reads.
    std::int32_t* const* lacks(std::size_t n_coordinates, std::size_t n_pixels) {
        constexpr std::size_t kBehind = 16;  // kernels write whole vectors
        n_coordinates_ = n_coordinates;
        for (std::size_t d = 0; d < n_coordinates; ++d) {
            lacking_[d].resize(n_pixels + kBehind);
            pointers_[d] = lacking_[d].data();
        }
        return pointers_;
    }

    // `zoom`: of the grid that they are on.
    void add(const std::uint32_t* indices, std::size_t height, std::size_t width, const std::uint16_t* weights,
             double zoom, Sums& to) {
        scratch_.resize(width + 2 * kBlurReach);
        blurred_.resize(4 * width);
        n_coordinates_ == 3 ? add_rows<3>(indices, height, width, weights, zoom, to)
                            : add_rows<4>(indices, height, width, weights, zoom, to);
    }

  private:
    template <std::size_t D>
    void add_rows(const std::uint32_t* indices, std::size_t height, std::size_t width, const std::uint16_t* weights,
                  double zoom, Sums& to) {
        const auto per_unit = static_cast<std::int64_t>(std::lround(kPerUnit / zoom));
        for (std::size_t y = first_row(height); y < height - first_row(height); y += 2) {
            for (std::size_t d = 0; d < D; ++d) blur(lacking_[d].data(), y, height, width, blurred_.data() + d * width);
            for (std::size_t x = 0; x < width; ++x) {
                const std::uint32_t index = indices[y * width + x];
                std::int64_t far = 0;
                for (std::size_t d = 0; d < D; ++d) far += std::abs(blurred_[d * width + x]);
                const std::int64_t weight = (weights ? weights[y * width + x] : 1) *
                                            (kOnce + std::min(far * per_unit >> kPerUnitBits, kMost - kOnce));
                std::int64_t* const sum = to.sums.data() + 4 * std::size_t{index};
                for (std::size_t d = 0; d < D; ++d) sum[d] += weight * blurred_[d * width + x];
                to.totals[index] += weight;
            }
        }
    }

    // Pixels that lack much count more, up to eight times, in sixteenths: twice as much at 256 units in all coordinates
    // together.
    static constexpr std::int64_t kOnce = 16, kMost = 8 * kOnce;
    static constexpr int kPerUnitBits = 20;
    static constexpr double kPerUnit = static_cast<double>(kOnce << kPerUnitBits) / (256 * 64);

    // The band's first rows, whose upper neighbours hand down nothing, are not like others.
    static std::size_t first_row(std::size_t height) { return height > 8 ? 2 : 0; }

    // Beyond the band's ends it goes on as it ends.
    void blur(const std::int32_t* lacking, std::size_t y, std::size_t height, std::size_t width,
              std::int32_t* blurred) {
        const std::int32_t* rows[2 * kBlurReach + 1];
        for (std::size_t k = 0; k <= 2 * kBlurReach; ++k)
            rows[k] = lacking + (y + k < kBlurReach ? 0 : std::min(y + k - kBlurReach, height - 1)) * width;
        kernels().blur_row(rows, width, scratch_.data(), blurred);
    }

    std::size_t n_coordinates_ = 0;
    std::vector<std::int32_t> lacking_[4], blurred_, scratch_;
    std::int32_t* pointers_[4] = {};
};

// What a thread needs to dither bands.
struct BandWorker {
    std::vector<std::uint32_t> indices;
    BandResiduals band;
    Sums sums;
};

// Bands, each dithered and summed up by `dither_band(band, worker, which, weights of its pixels)`.
template <typename DitherBand>
void sum_bands(const Band* bands, std::size_t n_bands, std::size_t k, const std::uint16_t* weights, Team& team,
               std::int64_t* sums, std::int64_t* totals, DitherBand dither_band) {
    std::vector<BandWorker> workers(team.size());
    for (BandWorker& worker : workers) {
        worker.sums.sums.resize(4 * k);
        worker.sums.totals.resize(k);
    }
    team.run(n_bands, [&](std::size_t b, std::size_t which) {
        workers[which].indices.resize(bands[b].height * bands[b].width);
        dither_band(bands[b], workers[which], which, weights ? weights + bands[b].first : nullptr);
    });
    std::fill(sums, sums + 4 * k, 0);
    std::fill(totals, totals + k, 0);
    for (const BandWorker& worker : workers) {
        for (std::size_t i = 0; i < 4 * k; ++i) sums[i] += worker.sums.sums[i];
        for (std::size_t i = 0; i < k; ++i) totals[i] += worker.sums.totals[i];
    }
}

template <typename Sample>
void residuals_by_diffusion(const Sample* samples, std::size_t n_channels, const DitherPalette& entries,
                            const DitherOptions& options, const Band* bands, std::size_t n_bands,
                            const std::uint16_t* weights, Team& team, std::int64_t* sums, std::int64_t* totals) {
    const bool has_alpha = n_channels % 2 == 0;
    LightPalette palette(entries, options, has_alpha, team.size());
    std::vector<LightRows<Sample>> rows(team.size());
    std::vector<ErrorRows> above(team.size()), below(team.size());
    sum_bands(bands, n_bands, entries.entries.n, weights, team, sums, totals,
              [&](const Band& band, BandWorker& worker, std::size_t which, const std::uint16_t* own_weights) {
                  LightRows<Sample>& own = rows[which];
                  own.read(samples + band.first * n_channels, band.height, band.width, n_channels, palette, which);
                  above[which].clear(band.width);
                  below[which].clear(band.width);
                  for (std::size_t y = 0; y < band.height; y += kRows) {
                      Walk walk(palette, options, own, y, std::min(kRows, band.height - y), band.width, above[which],
                                below[which], worker.indices.data() + y * band.width, which);
                      walk.run(0, walk.n_steps());
                      std::swap(above[which], below[which]);
                  }
                  const std::size_t n = band.height * band.width;
                  kernels().light_lacks(palette.terms, has_alpha, own.roots.data(), palette.entries.data(),
                                        worker.indices.data(), n, worker.band.lacks(has_alpha ? 4 : 3, n));
                  worker.band.add(worker.indices.data(), band.height, band.width, own_weights, options.grid.zoom,
                                  worker.sums);
              });
}

template <bool has_alpha, typename Sample>
void residuals_by_mask(const Sample* samples, std::size_t n_channels, const DitherPalette& palette,
                       const DitherOptions& options, const Band* bands, std::size_t n_bands,
                       const std::uint16_t* weights, Team& team, std::int64_t* sums, std::int64_t* totals) {
    Chooser chooser = point_chooser(palette, options, has_alpha, team.size());
    std::size_t n_pixels = 0;
    for (const Band* band = bands; band != bands + n_bands; ++band) n_pixels += band->height * band->width;
    Mixes mixes(palette, options, chooser, has_alpha, n_pixels, kRefitAlike, team.size());
    std::vector<PointRows<Sample>> rows(team.size());
    sum_bands(bands, n_bands, palette.entries.n, weights, team, sums, totals,
              [&](const Band& band, BandWorker& worker, std::size_t which, const std::uint16_t* own_weights) {
                  PointRows<Sample>& own = rows[which];
                  own.read(samples + band.first * n_channels, band.height * band.width, n_channels, options, chooser);
                  follow_mask<has_alpha>(options.mask, own, 0, band.height, band.width, mixes, worker.indices.data(),
                                         which);
                  const std::size_t n = band.height * band.width;
                  std::int32_t* const* const lacks = worker.band.lacks(4, n);
                  for (std::size_t i = 0; i < n; ++i) {
                      const PackedPoint lack =
                          to_pixel(sub8(from_pixel(own.points[i]), from_pixel(chooser.entry(worker.indices[i]))));
                      for (std::size_t d = 0; d < 4; ++d)
                          lacks[d][i] = static_cast<std::int16_t>(lack >> (16 * d) & 0xffff);
                  }
                  worker.band.add(worker.indices.data(), band.height, band.width, own_weights, options.grid.zoom,
                                  worker.sums);
              });
}

}  // namespace

template <typename Sample>
void residuals(const Sample* samples, std::size_t n_channels, const DitherPalette& palette,
               const DitherOptions& options, const Band* bands, std::size_t n_bands, const std::uint16_t* weights,
               Team& team, std::int64_t* sums, std::int64_t* totals) {
    const auto sum_up = [&]<bool has_alpha>() {
        (options.mask.thresholds ? residuals_by_mask<has_alpha, Sample>
                                 : residuals_by_diffusion<Sample>)(samples, n_channels, palette, options, bands,
                                                                   n_bands, weights, team, sums, totals);
    };
    if (n_channels % 2)
        sum_up.template operator()<false>();
    else
        sum_up.template operator()<true>();
}

#define PIL_KMEANS_RESIDUALS(Sample)                                                                             \
    template void residuals(const Sample*, std::size_t, const DitherPalette&, const DitherOptions&, const Band*, \
                            std::size_t, const std::uint16_t*, Team&, std::int64_t*, std::int64_t*);
PIL_KMEANS_RESIDUALS(std::uint8_t)
PIL_KMEANS_RESIDUALS(std::uint16_t)

}  // namespace pil_kmeans
