// Oklab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) of many colours at once, and points of any space; the
// compiler vectorises.
#include "kernels/base/cube_root.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

// Adding this keeps zero, whose root would be computed as 0 / 0, out of the way.
static inline float cube_root_from_zero(float x) { return cube_root(x + 1e-20f); }

void cone_roots(float* __restrict r, float* __restrict g, float* __restrict b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const float l = cube_root_from_zero(0.4122214708f * r[i] + 0.5363325363f * g[i] + 0.0514459929f * b[i]);
        const float m = cube_root_from_zero(0.2119034982f * r[i] + 0.6806995451f * g[i] + 0.1073969566f * b[i]);
        const float s = cube_root_from_zero(0.0883024619f * r[i] + 0.2817188376f * g[i] + 0.6299787005f * b[i]);
        r[i] = l;
        g[i] = m;
        b[i] = s;
    }
}

void oklab(float* __restrict r, float* __restrict g, float* __restrict b, std::size_t n) {
    cone_roots(r, g, b, n);
    for (std::size_t i = 0; i < n; ++i) {
        const float l = r[i], m = g[i], s = b[i];
        r[i] = kOklabOfCones[0][0] * l + kOklabOfCones[0][1] * m + kOklabOfCones[0][2] * s;
        g[i] = kOklabOfCones[1][0] * l + kOklabOfCones[1][1] * m + kOklabOfCones[1][2] * s;
        b[i] = kOklabOfCones[2][0] * l + kOklabOfCones[2][1] * m + kOklabOfCones[2][2] * s;
    }
}

static inline std::int32_t fixed_point(float value, float scale) {
    constexpr float low = 0.5f, middle = kMaxCoordinate + 0.5f, high = 2 * kMaxCoordinate + 0.5f;
    float shifted = value * scale + middle;  // truncation then rounds halves up
    shifted = shifted > low ? shifted : low;
    shifted = shifted < high ? shifted : high;
    return static_cast<std::int32_t>(shifted) - kMaxCoordinate;
}

static void pack_pairs(const float* __restrict a, const float* __restrict b, const float* origin, const float* scale,
                       std::size_t n, std::uint32_t* __restrict pairs) {
    const float origin_a = origin[0], origin_b = origin[1], scale_a = scale[0], scale_b = scale[1];
    for (std::size_t i = 0; i < n; ++i) {
        const auto low = static_cast<std::uint32_t>(fixed_point(a[i] - origin_a, scale_a));
        const auto high = static_cast<std::uint32_t>(fixed_point(b[i] - origin_b, scale_b));
        pairs[i] = high << 16 | (low & 0xffff);
    }
}

void pack_points(const float* const* coordinates, const float* origin, const float* scale, std::size_t n,
                 std::uint32_t* xy, std::uint32_t* zw) {
    pack_pairs(coordinates[0], coordinates[1], origin, scale, n, xy);
    pack_pairs(coordinates[2], coordinates[3], origin + 2, scale + 2, n, zw);
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
