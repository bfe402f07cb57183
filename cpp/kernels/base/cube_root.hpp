// Cube root of a positive float by Halley's method: + - * / only, so that every platform computes the same, and the
// compiler vectorises. Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include <bit>
#include <cstdint>

namespace pil_kmeans::PIL_KMEANS_ISA {

inline float cube_root(float x) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
    float y = std::bit_cast<float>(bits / 3 + 709921077u);  // within 4 %; each step below cubes the error
    for (int step = 0; step < 2; ++step) {
        const float cube = y * y * y;
        y *= (cube + 2.0f * x) / (2.0f * cube + x);
    }
    return y;
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
