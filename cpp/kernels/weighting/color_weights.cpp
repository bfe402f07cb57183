#include "kernels/weighting/color_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/color/color_space.hpp"

namespace pil_kmeans {
namespace {

// Call `take(cell, first, last)` for the colours of each cell, which are neighbours.
template <typename Take>
void for_runs(const std::uint64_t* keys, std::size_t n, int shift, const Take& take) {
    for (std::size_t first = 0, last; first < n; first = last) {
        const std::uint64_t cell = keys[first] >> shift;
        for (last = first + 1; last < n && keys[last] >> shift == cell;) ++last;
        take(static_cast<std::size_t>(cell), first, last);
    }
}

// From an integer of up to 52 bits to a double and back, several at a time where the processor has no instruction for
// it: 2^52 plus such a number has its bits as they are at the end of the fraction.
constexpr double kBeyond = 0x1p52;
constexpr auto kBeyondBits = std::bit_cast<std::int64_t>(kBeyond);
inline double to_double(std::int64_t x) { return std::bit_cast<double>(kBeyondBits | x) - kBeyond; }
inline std::int64_t to_nearest(double x) { return std::bit_cast<std::int64_t>(x + kBeyond) - kBeyondBits; }

}  // namespace

void cell_totals(const std::uint64_t* keys, const std::int64_t* weights, std::size_t n, int shift, std::size_t n_cells,
                 std::int64_t* totals) {
    std::fill_n(totals, n_cells, 0);
    for_runs(keys, n, shift, [&](std::size_t cell, std::size_t first, std::size_t last) {
        totals[cell] = std::accumulate(weights + first, weights + last, std::int64_t{0});
    });
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
    for_runs(keys, n, shift, [&](std::size_t cell, std::size_t first, std::size_t last) {
        const double factor = factors[cell] * unit;
        for (std::size_t i = first; i < last; ++i) result[i] = to_nearest(to_double(weights[i]) * factor);
        if (factor < 1)
            for (std::size_t i = first; i < last; ++i)
                result[i] = std::max(result[i], std::min<std::int64_t>(weights[i], 1));
    });
}

}  // namespace pil_kmeans
