// Oklab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) of many colours at once, and points of any space; the
// compiler vectorises.
#include "kernels/base/cube_root.hpp"
#include "kernels/base/float_lanes.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

// Adding this keeps zero, whose root would be computed as 0 / 0, out of the way.
static inline float cube_root_from_zero(float x) { return cube_root(x + 1e-20f); }

// What the three kinds of cones take of red, green and blue light.
constexpr float kConesOfLight[3][3] = {{0.4122214708f, 0.5363325363f, 0.0514459929f},
                                       {0.2119034982f, 0.6806995451f, 0.1073969566f},
                                       {0.0883024619f, 0.2817188376f, 0.6299787005f}};

void oklab(float* __restrict r, float* __restrict g, float* __restrict b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto root = [&](const float* of) {
            return cube_root_from_zero(of[0] * r[i] + of[1] * g[i] + of[2] * b[i]);
        };
        const float l = root(kConesOfLight[0]), m = root(kConesOfLight[1]), s = root(kConesOfLight[2]);
        r[i] = kOklabOfCones[0][0] * l + kOklabOfCones[0][1] * m + kOklabOfCones[0][2] * s;
        g[i] = kOklabOfCones[1][0] * l + kOklabOfCones[1][1] * m + kOklabOfCones[1][2] * s;
        b[i] = kOklabOfCones[2][0] * l + kOklabOfCones[2][1] * m + kOklabOfCones[2][2] * s;
    }
}

void cone_roots(const float* const* planes, std::size_t n, bool precise, float* roots) {
    for (std::size_t i = 0; i < n; i += kLanes) {
        const Floats light[3] = {load_floats(planes[0] + i), load_floats(planes[1] + i), load_floats(planes[2] + i)};
        Floats of_lanes[4];
        for (std::size_t c = 0; c < 3; ++c) {
            const float* const of = kConesOfLight[c];
            of_lanes[c] = cube_roots(
                Floats::all(of[0]) * light[0] + Floats::all(of[1]) * light[1] + Floats::all(of[2]) * light[2], precise);
        }
        of_lanes[3] = load_floats(planes[3] + i);
        store_quads(roots + 4 * i, of_lanes);
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
