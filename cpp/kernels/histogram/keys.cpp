// Morton keys and cells of RGB pixels, several at a time, and which of a table's counters are occupied.
#include <bit>
#include <cstring>

#include "kernels/base/prefetch.hpp"
#include "kernels/base/simd.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

inline std::uint32_t pixel(const std::uint8_t* sample) {
    return sample[0] | static_cast<std::uint32_t>(sample[1]) << 8 | static_cast<std::uint32_t>(sample[2]) << 16;
}

#if defined(__AVX2__)

constexpr std::size_t kReadable = kLanes + 2;  // pixels that load_pixels touches: its last four bytes are not used

inline Vec load_pixels(const std::uint8_t* sample) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sample));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sample + 12));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    const __m256i order = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1,  //
                                           0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    return {_mm256_shuffle_epi8(both, order)};
}

// Nine bits of a key, from three of each sample: a table spreads them, and red counts four times, green twice.
inline Vec nine_bits(Vec rgb) {
    const __m256i spread =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 64, 65, 72, 73, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i three = _mm256_and_si256(rgb.v, _mm256_set1_epi8(7));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_shuffle_epi8(spread, three), _mm256_set1_epi32(0x00010204));
    return {_mm256_madd_epi16(pairs, _mm256_set1_epi16(1))};
}

inline Vec keys_of(Vec rgb) {
    const Vec high = nine_bits(shift_right<6>(bit_and(rgb, broadcast(0x00c0c0c0))));
    return bit_or(nine_bits(rgb), bit_or(shift_left<9>(nine_bits(shift_right<3>(rgb))), shift_left<18>(high)));
}

#else

constexpr std::size_t kReadable = kLanes + 1;  // pixels that load_pixels touches: a byte of the last, which is not used

inline Vec load_pixels(const std::uint8_t* sample) {
    std::uint32_t pixels[kLanes];
    for (std::size_t j = 0; j < kLanes; ++j) {
        if constexpr (std::endian::native == std::endian::little)
            std::memcpy(&pixels[j], sample + 3 * j, sizeof pixels[j]);
        else
            pixels[j] = pixel(sample + 3 * j);
    }
    return bit_and(load(pixels), broadcast(0xffffff));
}

// Bits 0..7 of every lane to bits 0, 3, ... 21, by shifting halves apart.
inline Vec spread(Vec x) {
    x = bit_and(bit_or(x, shift_left<8>(x)), broadcast(0x00f00f));
    x = bit_and(bit_or(x, shift_left<4>(x)), broadcast(0x0c30c3));
    return bit_and(bit_or(x, shift_left<2>(x)), broadcast(0x249249));
}

inline Vec keys_of(Vec rgb) {
    const Vec byte = broadcast(0xff);
    const Vec red = spread(bit_and(rgb, byte)), green = spread(bit_and(shift_right<8>(rgb), byte));
    return bit_or(bit_or(shift_left<2>(red), shift_left<1>(green)), spread(shift_right<16>(rgb)));
}

#endif

template <int kBits>
inline Vec cells_of(Vec rgb) {
    constexpr int kDropped = 8 - kBits;
    constexpr std::int32_t kRed = (1 << kBits) - 1;
    const Vec red = bit_and(shift_right<kDropped>(rgb), broadcast(kRed));
    const Vec green = bit_and(shift_right<2 * kDropped>(rgb), broadcast(kRed << kBits));
    const Vec blue = bit_and(shift_right<3 * kDropped>(rgb), broadcast(kRed << (2 * kBits)));
    return bit_or(bit_or(red, green), blue);
}

constexpr std::size_t kAhead = 4096;  // bytes, more than the pixels that callers pass at a time

// A word for every pixel, as `word_of` makes it.
template <typename WordOf>
inline void for_pixels(const std::uint8_t* samples, std::size_t n, std::uint32_t* words, WordOf word_of) {
    std::size_t i = 0;
    for (; n - i >= kReadable; i += kLanes) {
        prefetch(samples + 3 * i + kAhead);
        store(words + i, word_of(load_pixels(samples + 3 * i)));
    }
    while (i < n) {  // the last ones by way of the stack
        std::uint32_t last[kLanes] = {};
        const std::size_t count = n - i < kLanes ? n - i : kLanes;
        for (std::size_t j = 0; j < count; ++j) last[j] = pixel(samples + 3 * (i + j));
        store(last, word_of(load(last)));
        for (std::size_t j = 0; j < count; ++j) words[i++] = last[j];
    }
}

}  // namespace

void rgb_keys(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys) {
    for_pixels(samples, n, keys, [](Vec rgb) { return keys_of(rgb); });
}

void rgb_cells(const std::uint8_t* samples, std::size_t n, int bits, std::uint32_t* cells) {
    if (bits == 5)
        for_pixels(samples, n, cells, [](Vec rgb) { return cells_of<5>(rgb); });
    else
        for_pixels(samples, n, cells, [](Vec rgb) { return cells_of<6>(rgb); });
}

std::size_t occupied(const std::uint8_t* counters, std::size_t n, std::uint16_t* places) {
    std::size_t found = 0;
#if defined(__AVX2__)
    const __m256i zero = _mm256_setzero_si256();
    for (std::size_t start = 0; start < n; start += 32) {
        const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(counters + start));
        auto bits = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(block, zero)));
        for (std::size_t first = start; bits; first += 8, bits >>= 8) {
            const auto order = static_cast<long long>(kLaneOrders.lanes[bits & 255]);
            const __m128i from = _mm_set1_epi16(static_cast<short>(first));
            const __m128i eight = _mm_add_epi16(_mm_cvtepu8_epi16(_mm_cvtsi64_si128(order)), from);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(places + found), eight);
            found += static_cast<std::size_t>(std::popcount(bits & 255));
        }
    }
#else
    constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7full;
    for (std::size_t first = 0; first < n; first += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, counters + first, 8);
        for (std::uint64_t mask = (((eight & kLow) + kLow) | eight) & ~kLow; mask; mask &= mask - 1)
            places[found++] = static_cast<std::uint16_t>(first + static_cast<std::size_t>(std::countr_zero(mask)) / 8);
    }
#endif
    return found;
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
