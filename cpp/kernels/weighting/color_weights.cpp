#include "kernels/weighting/color_weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "kernels/color/color_space.hpp"

namespace pil_kmeans {
namespace {

// Call `take(cell, first, last)` for the colours of each cell, which are neighbours: their end is looked for in steps
// twice as long each time, and then between the last two.
template <typename Take>
void for_runs(const std::uint64_t* keys, std::size_t n, int shift, const Take& take) {
    for (std::size_t first = 0, last; first < n; first = last) {
        const std::uint64_t cell = keys[first] >> shift;
        const auto is_in_cell = [=](std::uint64_t key) { return key >> shift <= cell; };
        std::size_t reach = 1;
        while (first + reach < n && is_in_cell(keys[first + reach])) reach *= 2;
        last = static_cast<std::size_t>(
            std::partition_point(keys + first + reach / 2, keys + std::min(n, first + reach), is_in_cell) - keys);
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
    std::uint64_t before = 0;
    std::int64_t bits = 0;
    bool ascends = true;
    for_runs(keys, n, shift, [&](std::size_t cell, std::size_t first, std::size_t last) {
        if (cell >= n_cells) throw std::invalid_argument("a key lies in no cell, or keys do not ascend");
        std::int64_t total = 0;
        for (std::size_t i = first; i < last; ++i) {
            ascends &= before <= keys[i];
            before = keys[i];
            bits |= weights[i];
            total += weights[i];
        }
        totals[cell] = total;
    });
    if (!ascends) throw std::invalid_argument("keys must ascend");
    if (bits < 0 || bits >> 52) throw std::invalid_argument("weights must be 0 to 2**52 - 1");
}

void color_weights(const std::uint64_t* keys, const std::int64_t* weights, std::size_t n, int shift,
                   const std::int64_t* totals, const double* counts, const double* sums, std::size_t n_cells,
                   double* factors, std::int64_t* result) {
    double all = 0, all_smooth = 0;
    for (std::size_t cell = 0; cell < n_cells; ++cell) {
        if (counts[cell] == 0 && sums[cell] == 0) continue;  // as in most: not to wait for a sum that stays as it is
        all += counts[cell];
        all_smooth += sums[cell];
    }
    const double usual = all > 0 ? all_smooth / all : 1.0;
    std::fill_n(factors, n_cells, 0.0);
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
    for (std::size_t cell = 0; cell < n_cells; ++cell) factors[cell] *= unit;
    for_runs(keys, n, shift, [&](std::size_t cell, std::size_t first, std::size_t last) {
        const double factor = factors[cell];
        for (std::size_t i = first; i < last; ++i) result[i] = to_nearest(to_double(weights[i]) * factor);
        if (factor < 1)
            for (std::size_t i = first; i < last; ++i)
                result[i] = std::max(result[i], std::min<std::int64_t>(weights[i], 1));
    });
}

}  // namespace pil_kmeans
