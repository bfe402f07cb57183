// Smoothness of a row of pixels, from the sums over the columns of its window.
#include <cmath>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/weighting/smoothness.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

void slide_rows(const std::uint16_t* leaving, const std::uint16_t* coming, std::size_t n, std::int32_t* __restrict sums,
                std::int32_t* __restrict squares) {
    for (std::size_t x = 0; x < n; ++x) {
        const std::int32_t less = leaving[x], more = coming[x];
        sums[x] += more - less;
        squares[x] += more * more - less * less;
    }
}

void smooth_row(const std::int32_t* sums, const std::int32_t* squares, std::size_t n, std::uint8_t* smoothness) {
    constexpr int kSide = 5;
    constexpr float kUnit = 2 * kSide * kSide * 4;  // what a standard deviation of 2 is below
    for (std::size_t x = 0; x < n; ++x) {
        const std::int32_t sum = sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3] + sums[x + 4];
        const std::int32_t square = squares[x] + squares[x + 1] + squares[x + 2] + squares[x + 3] + squares[x + 4];
        const std::int32_t variance = kSide * kSide * square - sum * sum;  // times 625 * 16
        const float deviation = std::sqrt(static_cast<float>(variance));
        const float smooth = static_cast<float>(kFlat) * kUnit / (kUnit + deviation) + 0.5f;
        smoothness[x] = static_cast<std::uint8_t>(static_cast<std::int32_t>(smooth));
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
