// Eight bytes as one number, the first of them its lowest: to work on all of them at once.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace pil_kmeans {

inline std::uint64_t eight_bytes(const std::uint8_t* bytes) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little)
        std::memcpy(&word, bytes, sizeof word);  // one load; no compiler makes one of the loop for all callers
    else
        for (int i = 0; i < 8; ++i) word |= std::uint64_t{bytes[i]} << (8 * i);
    return word;
}

}  // namespace pil_kmeans
