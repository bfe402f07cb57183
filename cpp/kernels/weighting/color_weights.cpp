#include "kernels/weighting/color_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/color/color_space.hpp"

namespace pil_kmeans {

void cell_totals(const std::uint64_t* keys, const std::int64_t* weights, std::size_t n, int shift, std::size_t n_cells,
                 std::int64_t* totals) {
    std::fill_n(totals, n_cells, 0);
    for (std::size_t i = 0; i < n; ++i) totals[keys[i] >> shift] += weights[i];
}

void color_weights(const std::uint64_t* keys, const std::int64_t* weights, std::size_t n, int shift,
                   const double* counts, const double* sums, std::size_t n_cells, std::int64_t* result) {
    std::vector<std::int64_t> totals(n_cells);
    cell_totals(keys, weights, n, shift, n_cells, totals.data());
    const double all = std::accumulate(counts, counts + n_cells, 0.0);
    const double usual = all > 0 ? std::accumulate(sums, sums + n_cells, 0.0) / all : 1.0;
    std::vector<double> factors(n_cells, 0.0);
    double sum = 0;
    for (std::size_t cell = 0; cell < n_cells; ++cell) {
        if (totals[cell] == 0) continue;
        const double smooth = counts[cell] > 0 ? sums[cell] / counts[cell] : usual / 2;
        const auto total = static_cast<double>(totals[cell]);
        factors[cell] = smooth / cube_root(total);
        sum += factors[cell] * total;
    }
    int exponent = 0;
    std::frexp(sum, &exponent);
    const double unit = std::ldexp(1.0, kWeightBits - exponent);
    for (double& factor : factors) factor *= unit;
    for (std::size_t i = 0; i < n; ++i) {
        const double weight = static_cast<double>(weights[i]) * factors[keys[i] >> shift] + 0.5;
        result[i] = std::max(static_cast<std::int64_t>(weight), std::min<std::int64_t>(weights[i], 1));
    }
}

}  // namespace pil_kmeans
