// Logarithms in integers: the same on every machine.
#pragma once

#include <bit>
#include <cstdint>

namespace pil_kmeans {

// log2(x) in 65536ths, rounded down; x >= 1. One binary digit for each squaring of the mantissa.
constexpr std::uint32_t log2_fixed(std::uint32_t x) {
    const int exponent = std::bit_width(x) - 1;
    std::uint64_t mantissa = std::uint64_t{x} << (31 - exponent);  // from 2^31 to 2^32 is from 1 to 2
    std::uint32_t result = static_cast<std::uint32_t>(exponent);
    for (int digit = 0; digit < 16; ++digit) {
        mantissa = mantissa * mantissa >> 31;
        const bool at_least_two = mantissa >> 32;
        mantissa >>= at_least_two;
        result = result << 1 | at_least_two;
    }
    return result;
}

}  // namespace pil_kmeans
