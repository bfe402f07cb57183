// RGB of pixels that are stored as four bytes each.
#include <bit>
#include <cstring>

#include "kernels/base/prefetch.hpp"
#include "kernels/isa/isa_kernels.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace pil_kmeans::PIL_KMEANS_ISA {

void pack_rgb(const std::uint8_t* stored, std::size_t n, std::uint8_t* rgb) {
    std::size_t i = 0;
#if defined(__AVX2__)
    constexpr std::size_t kAhead = 2048;  // bytes: so little is done with a pixel that far ones would be waited for
    const __m256i order =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    for (; n - i >= 11; i += 8) {  // stores eight bytes more, which come next
        prefetch(stored + kStoredBytes * i + kAhead);
        const __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(stored + kStoredBytes * i));
        const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(eight, order), together);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(rgb + 3 * i), packed);
    }
#endif
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

}  // namespace pil_kmeans::PIL_KMEANS_ISA
