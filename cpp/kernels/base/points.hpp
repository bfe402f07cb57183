// Points in the working space: four int16 coordinates each, within +-kMaxCoordinate, unused ones zero.
//
// Coordinates are stored in pairs, as one word: `xy[i]` holds coordinates 0 (low half) and 1 of point i, `zw[i]`
// coordinates 2 and 3. Within the bound below every distance and every dot product of the kernels fits in an int32.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

inline constexpr std::size_t kDims = 4;
inline constexpr std::int32_t kMaxCoordinate = 8192;
inline constexpr std::size_t kMaxColors = 65536;    // of a palette, centers or entries: labels and indices are uint16
inline constexpr std::size_t kMaxByteColors = 256;  // of a palette whose indices are bytes

using Coordinates = std::array<std::int16_t, kDims>;

inline std::uint32_t pack_pair(std::int16_t low, std::int16_t high) {
    return static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16 | static_cast<std::uint16_t>(low);
}

inline Coordinates unpack(std::uint32_t xy, std::uint32_t zw) {
    return {static_cast<std::int16_t>(xy & 0xffff), static_cast<std::int16_t>(xy >> 16),
            static_cast<std::int16_t>(zw & 0xffff), static_cast<std::int16_t>(zw >> 16)};
}

struct Points {  // a view
    const std::uint32_t* xy;
    const std::uint32_t* zw;
    std::size_t n;
};

// Whether all of n coordinates are within +-`most`.
bool all_within(const std::int16_t* coordinates, std::size_t n, std::int32_t most);

}  // namespace pil_kmeans
