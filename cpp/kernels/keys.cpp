// Morton keys of RGB pixels, several at a time: the bits of each channel are spread by shifting halves apart.
#include "kernels/nearest.hpp"
#include "kernels/simd.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

// Bits 0..7 of every lane to bits 0, 3, ... 21.
inline Vec spread(Vec x) {
    x = bit_and(bit_or(x, shift_left<8>(x)), broadcast(0x00f00f));
    x = bit_and(bit_or(x, shift_left<4>(x)), broadcast(0x0c30c3));
    return bit_and(bit_or(x, shift_left<2>(x)), broadcast(0x249249));
}

inline std::uint32_t pixel(const std::uint8_t* sample) {
    return sample[0] | static_cast<std::uint32_t>(sample[1]) << 8 | static_cast<std::uint32_t>(sample[2]) << 16;
}

}  // namespace

void rgb_keys(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys) {
    const Vec byte = broadcast(0xff);
    for (std::size_t i = 0; i < n; i += kLanes) {
        const std::size_t count = n - i < kLanes ? n - i : kLanes;
        std::uint32_t pixels[kLanes] = {};
#if defined(__AVX2__)
        if (n - i >= kLanes + 2) {  // two loads of 16 bytes reach 4 bytes beyond the eight pixels
            const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + 3 * i));
            const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + 3 * i + 12));
            const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
            const __m256i order = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1,  //
                                                   0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
            store(pixels, {_mm256_shuffle_epi8(both, order)});
        } else
#endif
            for (std::size_t j = 0; j < count; ++j) pixels[j] = pixel(samples + 3 * (i + j));
        const Vec rgb = load(pixels);
        const Vec red = spread(bit_and(rgb, byte)), green = spread(bit_and(shift_right<8>(rgb), byte));
        const Vec key = bit_or(bit_or(shift_left<2>(red), shift_left<1>(green)), spread(shift_right<16>(rgb)));
        if (count == kLanes) {
            store(keys + i, key);
        } else {
            std::uint32_t last[kLanes];
            store(last, key);
            for (std::size_t j = 0; j < count; ++j) keys[i + j] = last[j];
        }
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
