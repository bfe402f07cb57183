#include "kernels/base/packed_rgb.hpp"

#include <bit>
#include <cstring>

namespace pil_kmeans {

void pack_rgb(const std::uint8_t* stored, std::size_t n, std::uint8_t* rgb) {
    std::size_t i = 0;
    if constexpr (std::endian::native == std::endian::little) {
        const auto two = [](const std::uint8_t* pixels) {  // in the lower six bytes
            std::uint64_t both;
            std::memcpy(&both, pixels, sizeof both);
            return (both & 0xffffff) | (both >> 8 & 0xffffff000000);
        };
        for (; i + 4 <= n; i += 4) {
            const std::uint64_t low = two(stored + kStoredBytes * i), high = two(stored + kStoredBytes * (i + 2));
            const std::uint64_t first = low | high << 48;
            const auto last = static_cast<std::uint32_t>(high >> 16);
            std::memcpy(rgb + 3 * i, &first, sizeof first);
            std::memcpy(rgb + 3 * i + sizeof first, &last, sizeof last);
        }
    }
    for (; i < n; ++i) std::memcpy(rgb + 3 * i, stored + kStoredBytes * i, 3);
}

}  // namespace pil_kmeans
