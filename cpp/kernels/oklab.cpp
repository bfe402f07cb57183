// Oklab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) of many colours at once; the compiler vectorises.
#include <bit>

#include "kernels/isa.hpp"
#include "kernels/nearest.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

static inline float cube_root(float x) {
    x += 1e-20f;  // keeps zero, whose root would be computed as 0 / 0, out of the way
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
    float y = std::bit_cast<float>(bits / 3 + 709921077u);  // within 4 %; each Halley step below cubes the error
    for (int step = 0; step < 2; ++step) {
        const float cube = y * y * y;
        y *= (cube + 2.0f * x) / (2.0f * cube + x);
    }
    return y;
}

void oklab(float* __restrict r, float* __restrict g, float* __restrict b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const float l = cube_root(0.4122214708f * r[i] + 0.5363325363f * g[i] + 0.0514459929f * b[i]);
        const float m = cube_root(0.2119034982f * r[i] + 0.6806995451f * g[i] + 0.1073969566f * b[i]);
        const float s = cube_root(0.0883024619f * r[i] + 0.2817188376f * g[i] + 0.6299787005f * b[i]);
        r[i] = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
        g[i] = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
        b[i] = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
