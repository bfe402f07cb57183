// The two hot loops of SSIMULACRA 2: colours to XYB, and the differences in one tile. The compiler vectorises.
#include <algorithm>
#include <cmath>

#include "kernels/base/cube_root.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr std::size_t kRadius = 4, kTaps = 2 * kRadius + 1;
constexpr std::size_t kPadded = kScoreTileWidth + 2 * kRadius;
constexpr float kStabiliser = 0.0009f;  // keeps noise in flat areas from counting; C2 of SSIM

// What is blurred, instead of a, b, a * a, b * b and a * b: the differences between two similar pictures are then not
// lost in rounding, and one blur is saved.
enum Quantity { original, difference, squares, squared_difference, kQuantities };

// One row of a tile, and of what lies beside it.
using PaddedRow = float[kQuantities][kPadded];

// A Gaussian of deviation 1.5 from `kTaps` rows, or from one row at as many places. The weights are those that the
// recursive filter of the original amounts to (D. Charalampidis, 2016: truncated cosines): it ends after four pixels.
inline void blur(const float* const* from, std::size_t n, float* __restrict to) {
    constexpr float w0 = 0.26462110548819856f, w1 = 0.2129285920104222f, w2 = 0.10933537277746032f,
                    w3 = 0.036011114658364374f, w4 = 0.0094143678096537f;
    const float *p0 = from[0], *p1 = from[1], *p2 = from[2], *p3 = from[3], *p4 = from[4], *p5 = from[5], *p6 = from[6],
                *p7 = from[7], *p8 = from[8];
    for (std::size_t i = 0; i < n; ++i)
        to[i] =
            (w0 * p4[i] + w1 * (p3[i] + p5[i]) + w2 * (p2[i] + p6[i])) + (w3 * (p1[i] + p7[i]) + w4 * (p0[i] + p8[i]));
}

// Less `level`: as the weights of the Gaussian add up to 1, that only makes the numbers small of which variances are
// the difference, and what is lost in rounding with them.
inline void fill(const float* __restrict a, const float* __restrict b, float level, std::size_t n, bool structure,
                 float* __restrict own, float* __restrict delta, float* __restrict sum, float* __restrict square) {
    for (std::size_t i = 0; i < n; ++i) {
        own[i] = a[i] - level;
        delta[i] = b[i] - a[i];
    }
    if (!structure) return;
    for (std::size_t i = 0; i < n; ++i) {
        const float c = a[i] - level, other = b[i] - level, d = b[i] - a[i];
        sum[i] = c * c + other * other;
        square[i] = d * d;
    }
}

// Outside of the picture both are 0.
inline void fill_outside(PaddedRow& row, float level) {
    std::fill_n(row[original], kPadded, -level);
    std::fill_n(row[difference], kPadded, 0.0f);
    std::fill_n(row[squares], kPadded, 2 * (level * level));
    std::fill_n(row[squared_difference], kPadded, 0.0f);
}

// max(x, 0), to the bit; a comparison would become a branch, and keep the loop from being vectorised.
inline float positive_part(float x) { return 0.5f * (x + std::fabs(x)); }

// 1 - SSIM. With the variances and the covariance written out, it is all in terms of differences.
inline void add_structure(const float* __restrict mean, const float* __restrict mean_difference,
                          const float* __restrict mean_squares, const float* __restrict mean_squared_difference,
                          std::size_t n, float* __restrict sum, float* __restrict sum4) {
    for (std::size_t i = 0; i < n; ++i) {
        const float other = mean[i] + mean_difference[i], gap = mean_difference[i] * mean_difference[i];
        const float variance = (mean_squares[i] - mean[i] * mean[i] - other * other) + kStabiliser;
        const float spread = mean_squared_difference[i] - gap;
        const float d = (spread + gap * (variance - spread)) / variance;
        const float lost = positive_part(d), lost2 = lost * lost;
        sum[i] += lost;
        sum4[i] += lost2 * lost2;
    }
}

// How far pixels stand out from what is around them: where the picture has more of it than the original, and where
// less.
inline void add_edges(const float* __restrict a, const float* __restrict delta, const float* __restrict mean,
                      const float* __restrict mean_difference, std::size_t n, float* __restrict gained,
                      float* __restrict gained4, float* __restrict lost, float* __restrict lost4) {
    for (std::size_t i = 0; i < n; ++i) {
        const float from_mean = a[i] - mean[i];
        const float before = std::fabs(from_mean), after = std::fabs(from_mean + (delta[i] - mean_difference[i]));
        const float d = (after - before) / (1.0f + before);
        const float more = positive_part(d), less = positive_part(-d);
        const float more2 = more * more, less2 = less * less;
        gained[i] += more;
        gained4[i] += more2 * more2;
        lost[i] += less;
        lost4[i] += less2 * less2;
    }
}

}  // namespace

void xyb(float* __restrict r, float* __restrict g, float* __restrict b, std::size_t n) {
    constexpr float bias = 0.0037930732552754493f, bias_root = 0.15595420054924863f;
    for (std::size_t i = 0; i < n; ++i) {
        const float l = cube_root(0.30f * r[i] + 0.622f * g[i] + 0.078f * b[i] + bias);
        const float m = cube_root(0.23f * r[i] + 0.692f * g[i] + 0.078f * b[i] + bias);
        const float s =
            cube_root(0.24342268924547819f * r[i] + 0.20476744424496821f * g[i] + 0.5518098665095536f * b[i] + bias);
        const float mean = 0.5f * (l + m);
        r[i] = 7.0f * (l - m) + 0.42f;  // X, its range stretched to about that of the others
        g[i] = (mean - bias_root) + 0.01f;
        b[i] = (s - mean) + 0.55f;
    }
}

void compare_tile(const float* a, const float* b, std::size_t height, std::size_t width, const ScoreTile& tile,
                  bool structure, ScoreSums& sums) {
    // The rows under the Gaussian; y is in ring[y % kTaps], counted from the first.
    PaddedRow ring[kTaps];
    PaddedRow down;  // blurred downwards
    float blurred[kQuantities][kScoreTileWidth];
    float columns[kScoreSums][kScoreTileWidth] = {};

    const std::size_t n = tile.right - tile.left, n_padded = n + 2 * kRadius;
    const std::size_t first = tile.left < kRadius ? 0 : tile.left - kRadius;
    const std::size_t last = tile.right + kRadius < width ? tile.right + kRadius : width;
    const std::size_t before = first + kRadius - tile.left, inside = last - first;
    const float level = a[(tile.top + tile.bottom) / 2 * width + (tile.left + tile.right) / 2];
    for (PaddedRow& row : ring) fill_outside(row, level);  // what lies beside the picture stays as it is
    const auto load = [&](std::size_t i) {                 // row i - kRadius of the tile
        const std::size_t y = tile.top + i;
        PaddedRow& to = ring[i % kTaps];
        if (y < kRadius || y - kRadius >= height) {
            fill_outside(to, level);
            return;
        }
        const std::size_t at = (y - kRadius) * width + first;
        fill(a + at, b + at, level, inside, structure, to[original] + before, to[difference] + before,
             to[squares] + before, to[squared_difference] + before);
    };

    const std::size_t n_quantities = structure ? kQuantities : squares;
    for (std::size_t i = 0; i < kTaps - 1; ++i) load(i);
    for (std::size_t y = 0; y < tile.bottom - tile.top; ++y) {
        load(y + kTaps - 1);
        for (std::size_t q = 0; q < n_quantities; ++q) {
            const float* from[kTaps];
            for (std::size_t k = 0; k < kTaps; ++k) from[k] = ring[(y + k) % kTaps][q];
            blur(from, n_padded, down[q]);
            for (std::size_t k = 0; k < kTaps; ++k) from[k] = down[q] + k;
            blur(from, n, blurred[q]);
        }
        if (structure)
            add_structure(blurred[original], blurred[difference], blurred[squares], blurred[squared_difference], n,
                          columns[0], columns[1]);
        const PaddedRow& center = ring[(y + kRadius) % kTaps];
        add_edges(center[original] + kRadius, center[difference] + kRadius, blurred[original], blurred[difference], n,
                  columns[2], columns[3], columns[4], columns[5]);
    }
    for (std::size_t s = 0; s < kScoreSums; ++s) {
        sums[s] = 0;
        for (std::size_t i = 0; i < n; ++i) sums[s] += static_cast<double>(columns[s][i]);
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
