#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "kernels/png/rate_distortion.hpp"

namespace pil_kmeans {
namespace {

constexpr std::array<std::int64_t, 9> kWindow9 = {1, 8, 28, 56, 70, 56, 28, 8, 1};  // of sum 256
constexpr std::ptrdiff_t kRadius = 4;

constexpr double kProtection =
    2;  // of smooth gradients, where patches and streaks show, beyond what texture hides elsewhere
constexpr double kSmooth = 3;  // deviation at which it is half

std::size_t inside(std::ptrdiff_t i, std::size_t n) {
    return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, static_cast<std::ptrdiff_t>(n) - 1));
}

}  // namespace

void visibility(const Points& points, std::size_t height, std::size_t width, float* weights) {
    std::vector<std::int64_t> sums(width), squares(width);
    for (std::size_t y = 0; y < height; ++y) {
        std::fill(sums.begin(), sums.end(), 0);
        std::fill(squares.begin(), squares.end(), 0);
        for (std::ptrdiff_t dy = -kRadius; dy <= kRadius; ++dy) {
            const std::int64_t share = kWindow9[static_cast<std::size_t>(dy + kRadius)];
            const std::uint32_t* const row = points.xy + inside(static_cast<std::ptrdiff_t>(y) + dy, height) * width;
            for (std::size_t x = 0; x < width; ++x) {
                const std::int64_t lightness = static_cast<std::int16_t>(row[x] & 0xffff);
                sums[x] += share * lightness;
                squares[x] += share * lightness * lightness;
            }
        }
        for (std::size_t x = 0; x < width; ++x) {
            std::int64_t sum = 0, square = 0;
            for (std::ptrdiff_t dx = -kRadius; dx <= kRadius; ++dx) {
                const std::int64_t share = kWindow9[static_cast<std::size_t>(dx + kRadius)];
                const std::size_t at = inside(static_cast<std::ptrdiff_t>(x) + dx, width);
                sum += share * sums[at];
                square += share * squares[at];
            }
            // The window's shares add up to 2^16.
            const double mean = static_cast<double>(sum) / 65536;
            const double variance = std::max(0.0, static_cast<double>(square) / 65536 - mean * mean);
            const double deviation = std::sqrt(variance) * (255.0 / kMaxCoordinate);
            const double smooth = 1 / (1 + deviation * deviation / (kSmooth * kSmooth));
            weights[y * width + x] = static_cast<float>((1 + kProtection * smooth) / std::sqrt(1 + deviation));
        }
    }
}

}  // namespace pil_kmeans
