// See `visibility` in rate_distortion.hpp. Compiled once per instruction set.
#include <cmath>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/png/rate_distortion.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr std::size_t kRadius = kVisibilityRadius;
constexpr std::int32_t kShares[kRadius + 1] = {70, 56, 28, 8,
                                               1};  // of the middle, and on either side; their sum is 256

constexpr float kSmooth = 3;  // deviation at which protection is half

// Lightness in quarters of the working space's range, so that sums of its squares fit.
constexpr int kBitsOff = 2;
constexpr double kLevels = 255.0 / (kMaxCoordinate >> kBitsOff);

inline std::int32_t lightness(std::uint32_t xy) { return static_cast<std::int16_t>(xy & 0xffff) >> kBitsOff; }

}  // namespace

void visibility_row(const Points& points, std::size_t height, std::size_t width, std::size_t y, float protection,
                    std::int32_t* scratch, float* weights) {
    // Down the columns, with a margin at either end; sums are below 2^19 and 2^30.
    std::int32_t* const sums = scratch + kRadius;
    std::int32_t* const squares = sums + width + 2 * kRadius;
    for (std::size_t x = 0; x < width; ++x) {
        const std::int32_t level = lightness(points.xy[y * width + x]);
        sums[x] = kShares[0] * level;
        squares[x] = kShares[0] * level * level;
    }
    for (std::size_t d = 1; d <= kRadius; ++d) {
        const std::uint32_t* const above = points.xy + (y < d ? 0 : y - d) * width;
        const std::uint32_t* const below = points.xy + (y + d < height ? y + d : height - 1) * width;
        for (std::size_t x = 0; x < width; ++x) {
            const std::int32_t a = lightness(above[x]), b = lightness(below[x]);
            sums[x] += kShares[d] * (a + b);
            squares[x] += kShares[d] * (a * a + b * b);
        }
    }
    for (std::size_t d = 1; d <= kRadius; ++d) {
        sums[-static_cast<std::ptrdiff_t>(d)] = sums[0], sums[width - 1 + d] = sums[width - 1];
        squares[-static_cast<std::ptrdiff_t>(d)] = squares[0], squares[width - 1 + d] = squares[width - 1];
    }
    for (std::size_t x = 0; x < width; ++x) {
        const std::int32_t *const s = sums + x, *const q = squares + x;
        const std::int32_t sum =
            70 * s[0] + 56 * (s[-1] + s[1]) + 28 * (s[-2] + s[2]) + 8 * (s[-3] + s[3]) + s[-4] + s[4];
        // Whole numbers below 2^53, so that a flat area's variance is exactly 0.
        const double square = 70.0 * q[0] + 56.0 * (static_cast<double>(q[-1]) + q[1]) +
                              28.0 * (static_cast<double>(q[-2]) + q[2]) + 8.0 * (static_cast<double>(q[-3]) + q[3]) +
                              (static_cast<double>(q[-4]) + q[4]);
        const double mean = sum * (1.0 / 65536), found = square * (1.0 / 65536) - mean * mean;
        const auto variance = static_cast<float>((found > 0 ? found : 0) * (kLevels * kLevels));
        const float smooth = 1 / (1 + variance * (1 / (kSmooth * kSmooth)));
        weights[x] = (1 + protection * smooth) / std::sqrt(1 + std::sqrt(variance));
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
