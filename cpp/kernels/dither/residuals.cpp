#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "kernels/dither/dither.hpp"
#include "kernels/dither/dither_rays.hpp"
#include "kernels/dither/dither_rows.hpp"

namespace pil_kmeans {
namespace {

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

template <typename Sample>
void residuals(const Sample* samples, std::size_t n_channels, const DitherPalette& palette,
               const DitherOptions& options, const Band* bands, std::size_t n_bands, const std::uint16_t* weights,
               Team& team, std::int64_t* sums, std::int64_t* totals, double* errors) {
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
        worker.rows.read(samples + first * n_channels, height, width, n_channels, options, chooser, which);
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

#define PIL_KMEANS_RESIDUALS(Sample)                                                                             \
    template void residuals(const Sample*, std::size_t, const DitherPalette&, const DitherOptions&, const Band*, \
                            std::size_t, const std::uint16_t*, Team&, std::int64_t*, std::int64_t*, double*);
PIL_KMEANS_RESIDUALS(std::uint8_t)
PIL_KMEANS_RESIDUALS(std::uint16_t)

}  // namespace pil_kmeans
