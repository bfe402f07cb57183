// Four int32, or eight int16, in one register of every machine: the channels of one pixel, or the distances to four
// entries. All operations are exact, so all machines give the same bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace pil_kmeans {

#if defined(__SSE2__) || defined(_M_X64)

struct Quad {
    __m128i v;
};

inline Quad load4(const void* p) { return {_mm_loadu_si128(static_cast<const __m128i*>(p))}; }
inline void store4(void* p, Quad a) { _mm_storeu_si128(static_cast<__m128i*>(p), a.v); }
inline Quad fill4(std::int32_t x) { return {_mm_set1_epi32(x)}; }
inline Quad add4(Quad a, Quad b) { return {_mm_add_epi32(a.v, b.v)}; }
inline Quad sub4(Quad a, Quad b) { return {_mm_sub_epi32(a.v, b.v)}; }
inline Quad less4(Quad a, Quad b) { return {_mm_cmpgt_epi32(b.v, a.v)}; }
inline Quad select4(Quad mask, Quad a, Quad b) {
    return {_mm_or_si128(_mm_and_si128(mask.v, a.v), _mm_andnot_si128(mask.v, b.v))};
}
template <int kBits>
inline Quad shift_left4(Quad a) {
    return {_mm_slli_epi32(a.v, kBits)};
}
template <int kBits>
inline Quad shift_right4(Quad a) {
    return {_mm_srai_epi32(a.v, kBits)};
}
// Four int16 in 64 bits, as four int32, and back with saturation.
inline Quad widen(std::uint64_t pixel) {
    const __m128i words = _mm_cvtsi64_si128(static_cast<long long>(pixel));
    return {_mm_srai_epi32(_mm_unpacklo_epi16(words, words), 16)};
}
inline Quad narrow(Quad a) { return {_mm_packs_epi32(a.v, a.v)}; }
// On eight int16.
inline Quad load8(const void* p) { return {_mm_loadu_si128(static_cast<const __m128i*>(p))}; }
inline Quad from_pixel(std::uint64_t pixel) { return {_mm_cvtsi64_si128(static_cast<long long>(pixel))}; }
inline std::uint64_t to_pixel(Quad a) { return static_cast<std::uint64_t>(_mm_cvtsi128_si64(a.v)); }
inline Quad sub8(Quad a, Quad b) { return {_mm_sub_epi16(a.v, b.v)}; }
inline Quad min8(Quad a, Quad b) { return {_mm_min_epi16(a.v, b.v)}; }
inline Quad max8(Quad a, Quad b) { return {_mm_max_epi16(a.v, b.v)}; }
inline Quad shift_right8(Quad a, int bits) { return {_mm_sra_epi16(a.v, _mm_cvtsi32_si128(bits))}; }
inline Quad dot4(Quad a, Quad b) { return {_mm_madd_epi16(a.v, b.v)}; }  // sums of pairs of products
// The first four int16, each times the low half of a lane of `factors`, whose high halves are zero.
inline Quad times4(Quad a, Quad factors) {
    return {_mm_madd_epi16(_mm_unpacklo_epi16(a.v, _mm_setzero_si128()), factors.v)};
}
inline Quad all_first(Quad a) { return {_mm_shuffle_epi32(a.v, 0x00)}; }  // the first lane in all four
inline Quad all_second(Quad a) { return {_mm_shuffle_epi32(a.v, 0x55)}; }
// The first lane that none is less than.
inline std::size_t least_lane(Quad a) {
    const auto lesser = [](Quad x, Quad y) { return select4(less4(x, y), x, y); };
    const Quad pairs = lesser(a, Quad{_mm_shuffle_epi32(a.v, 0xb1)});
    const Quad least = lesser(pairs, Quad{_mm_shuffle_epi32(pairs.v, 0x4e)});
    const int lanes = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a.v, least.v)));
    return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(lanes)));
}

#elif defined(__aarch64__)

struct Quad {
    int32x4_t v;
};

inline int16x8_t halves(Quad a) { return vreinterpretq_s16_s32(a.v); }
inline Quad of_halves(int16x8_t a) { return {vreinterpretq_s32_s16(a)}; }
inline Quad load4(const void* p) { return {vreinterpretq_s32_u8(vld1q_u8(static_cast<const std::uint8_t*>(p)))}; }
inline void store4(void* p, Quad a) { vst1q_u8(static_cast<std::uint8_t*>(p), vreinterpretq_u8_s32(a.v)); }
inline Quad fill4(std::int32_t x) { return {vdupq_n_s32(x)}; }
inline Quad add4(Quad a, Quad b) { return {vaddq_s32(a.v, b.v)}; }
inline Quad sub4(Quad a, Quad b) { return {vsubq_s32(a.v, b.v)}; }
inline Quad less4(Quad a, Quad b) { return {vreinterpretq_s32_u32(vcltq_s32(a.v, b.v))}; }
inline Quad select4(Quad mask, Quad a, Quad b) { return {vbslq_s32(vreinterpretq_u32_s32(mask.v), a.v, b.v)}; }
template <int kBits>
inline Quad shift_left4(Quad a) {
    return {vshlq_n_s32(a.v, kBits)};
}
template <int kBits>
inline Quad shift_right4(Quad a) {
    return {vshrq_n_s32(a.v, kBits)};
}
inline Quad widen(std::uint64_t pixel) { return {vmovl_s16(vcreate_s16(pixel))}; }
inline Quad narrow(Quad a) { return of_halves(vcombine_s16(vqmovn_s32(a.v), vqmovn_s32(a.v))); }
inline Quad load8(const void* p) { return load4(p); }
inline Quad from_pixel(std::uint64_t pixel) { return of_halves(vcombine_s16(vcreate_s16(pixel), vdup_n_s16(0))); }
inline std::uint64_t to_pixel(Quad a) { return vgetq_lane_u64(vreinterpretq_u64_s32(a.v), 0); }
inline Quad sub8(Quad a, Quad b) { return of_halves(vsubq_s16(halves(a), halves(b))); }
inline Quad min8(Quad a, Quad b) { return of_halves(vminq_s16(halves(a), halves(b))); }
inline Quad max8(Quad a, Quad b) { return of_halves(vmaxq_s16(halves(a), halves(b))); }
inline Quad shift_right8(Quad a, int bits) {
    return of_halves(vshlq_s16(halves(a), vdupq_n_s16(static_cast<std::int16_t>(-bits))));
}
inline Quad dot4(Quad a, Quad b) {
    const int32x4_t low = vmull_s16(vget_low_s16(halves(a)), vget_low_s16(halves(b)));
    const int32x4_t high = vmull_s16(vget_high_s16(halves(a)), vget_high_s16(halves(b)));
    return {vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                         vpadd_s32(vget_low_s32(high), vget_high_s32(high)))};
}
inline Quad times4(Quad a, Quad factors) { return {vmulq_s32(vmovl_s16(vget_low_s16(halves(a))), factors.v)}; }
inline Quad all_first(Quad a) { return {vdupq_laneq_s32(a.v, 0)}; }
inline Quad all_second(Quad a) { return {vdupq_laneq_s32(a.v, 1)}; }
inline std::size_t least_lane(Quad a) {
    const uint16x4_t lanes = vmovn_u32(vceqq_s32(a.v, vdupq_n_s32(vminvq_s32(a.v))));
    return static_cast<std::size_t>(std::countr_zero(vget_lane_u64(vreinterpret_u64_u16(lanes), 0)) / 16);
}

#else

struct Quad {
    std::int32_t v[4];
};

template <typename Op>
inline Quad lanes4(Quad a, Quad b, Op op) {
    Quad c;
    for (int i = 0; i < 4; ++i) c.v[i] = static_cast<std::int32_t>(op(a.v[i], b.v[i]));
    return c;
}
template <typename Op>
inline Quad lanes8(Quad a, Quad b, Op op) {
    std::int16_t x[8], y[8];
    std::memcpy(x, a.v, sizeof x);
    std::memcpy(y, b.v, sizeof y);
    for (int i = 0; i < 8; ++i) x[i] = static_cast<std::int16_t>(op(x[i], y[i]));
    std::memcpy(a.v, x, sizeof x);
    return a;
}
inline Quad load4(const void* p) {
    Quad a;
    std::memcpy(a.v, p, sizeof a.v);
    return a;
}
inline void store4(void* p, Quad a) { std::memcpy(p, a.v, sizeof a.v); }
inline Quad fill4(std::int32_t x) { return {{x, x, x, x}}; }
inline Quad add4(Quad a, Quad b) {
    return lanes4(a, b, [](auto x, auto y) { return x + y; });
}
inline Quad sub4(Quad a, Quad b) {
    return lanes4(a, b, [](auto x, auto y) { return x - y; });
}
inline Quad less4(Quad a, Quad b) {
    return lanes4(a, b, [](auto x, auto y) { return x < y ? -1 : 0; });
}
inline Quad select4(Quad mask, Quad a, Quad b) {
    for (int i = 0; i < 4; ++i) a.v[i] = mask.v[i] ? a.v[i] : b.v[i];
    return a;
}
template <int kBits>
inline Quad shift_left4(Quad a) {
    return lanes4(a, a, [](auto x, auto) { return static_cast<std::uint32_t>(x) << kBits; });
}
template <int kBits>
inline Quad shift_right4(Quad a) {
    return lanes4(a, a, [](auto x, auto) { return x >> kBits; });
}
inline Quad from_pixel(std::uint64_t pixel) {
    Quad a{};
    std::memcpy(a.v, &pixel, sizeof pixel);
    return a;
}
inline std::uint64_t to_pixel(Quad a) {
    std::uint64_t pixel;
    std::memcpy(&pixel, a.v, sizeof pixel);
    return pixel;
}
inline Quad widen(std::uint64_t pixel) {
    std::int16_t x[4];
    std::memcpy(x, &pixel, sizeof x);
    return {{x[0], x[1], x[2], x[3]}};
}
inline Quad narrow(Quad a) {
    std::int16_t x[8];
    for (int i = 0; i < 8; ++i) {
        const std::int32_t y = a.v[i & 3];
        x[i] = static_cast<std::int16_t>(y < -32768 ? -32768 : y > 32767 ? 32767 : y);
    }
    std::memcpy(a.v, x, sizeof x);
    return a;
}
inline Quad load8(const void* p) { return load4(p); }
inline Quad sub8(Quad a, Quad b) {
    return lanes8(a, b, [](int x, int y) { return x - y; });
}
inline Quad min8(Quad a, Quad b) {
    return lanes8(a, b, [](int x, int y) { return x < y ? x : y; });
}
inline Quad max8(Quad a, Quad b) {
    return lanes8(a, b, [](int x, int y) { return x > y ? x : y; });
}
inline Quad shift_right8(Quad a, int bits) {
    return lanes8(a, a, [bits](int x, int) { return x >> bits; });
}
inline Quad dot4(Quad a, Quad b) {
    std::int16_t x[8], y[8];
    std::memcpy(x, a.v, sizeof x);
    std::memcpy(y, b.v, sizeof y);
    for (int i = 0; i < 4; ++i) a.v[i] = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
    return a;
}
inline Quad times4(Quad a, Quad factors) {
    std::int16_t x[8];
    std::memcpy(x, a.v, sizeof x);
    for (int i = 0; i < 4; ++i) a.v[i] = x[i] * factors.v[i];
    return a;
}
inline Quad all_first(Quad a) { return fill4(a.v[0]); }
inline Quad all_second(Quad a) { return fill4(a.v[1]); }
inline std::size_t least_lane(Quad a) {
    std::size_t least = 0;
    for (std::size_t i = 1; i < 4; ++i)
        if (a.v[i] < a.v[least]) least = i;
    return least;
}

#endif

}  // namespace pil_kmeans
