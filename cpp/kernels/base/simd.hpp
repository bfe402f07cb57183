// One vector type for the hot loops: kLanes int32 lanes, each also readable as a pair of int16.
//
// Coordinates are int16 stored in pairs, so a lane holds two channels of one point and `dot_pairs` is half of a
// four-channel dot product. Every operation is exact, so all instruction sets give the same bits.
// This header is compiled once per instruction set, inside that set's own namespace.
// NEON is that of AArch64: with 32 bits it cannot divide, and makes zeros of the smallest floats.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace pil_kmeans::PIL_KMEANS_ISA {

#if defined(__AVX2__)

inline constexpr std::size_t kLanes = 8;
struct Vec {
    __m256i v;
};

inline Vec load(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
inline void store(void* p, Vec a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a.v); }
inline Vec broadcast(std::int32_t x) { return {_mm256_set1_epi32(x)}; }
inline Vec add(Vec a, Vec b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline Vec less(Vec a, Vec b) { return {_mm256_cmpgt_epi32(b.v, a.v)}; }
inline Vec select(Vec mask, Vec a, Vec b) { return {_mm256_blendv_epi8(b.v, a.v, mask.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_epi32(a.v, b.v)}; }
inline unsigned lane_bits(Vec mask) { return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(mask.v))); }
inline Vec add16(Vec a, Vec b) { return {_mm256_add_epi16(a.v, b.v)}; }
inline Vec sub16(Vec a, Vec b) { return {_mm256_sub_epi16(a.v, b.v)}; }
inline Vec abs16(Vec a) { return {_mm256_abs_epi16(a.v)}; }
inline Vec min16(Vec a, Vec b) { return {_mm256_min_epi16(a.v, b.v)}; }
inline Vec max16(Vec a, Vec b) { return {_mm256_max_epi16(a.v, b.v)}; }
inline Vec dot_pairs(Vec a, Vec b) { return {_mm256_madd_epi16(a.v, b.v)}; }
// Floats, as their bits: an integer times a float, and a sum.
inline Vec times(Vec a, float factor) {
    return {_mm256_castps_si256(_mm256_mul_ps(_mm256_cvtepi32_ps(a.v), _mm256_set1_ps(factor)))};
}
inline Vec plus(Vec a, Vec b) {
    return {_mm256_castps_si256(_mm256_add_ps(_mm256_castsi256_ps(a.v), _mm256_castsi256_ps(b.v)))};
}

inline Vec bit_and(Vec a, Vec b) { return {_mm256_and_si256(a.v, b.v)}; }
inline Vec bit_or(Vec a, Vec b) { return {_mm256_or_si256(a.v, b.v)}; }
template <int kBits>
inline Vec shift_left(Vec a) {
    return {_mm256_slli_epi32(a.v, kBits)};
}
template <int kBits>
inline Vec shift_right(Vec a) {
    return {_mm256_srli_epi32(a.v, kBits)};
}
inline Vec shift_right_all(Vec a, int bits) { return {_mm256_srl_epi32(a.v, _mm_cvtsi32_si128(bits))}; }

// For every set of lanes, which lane comes 1st, 2nd, ...: one byte each.
struct LaneOrders {
    std::uint64_t lanes[256];
    constexpr LaneOrders() : lanes{} {
        for (unsigned bits = 0; bits < 256; ++bits)
            for (unsigned lane = 0, n = 0; lane < 8; ++lane)
                if (bits >> lane & 1) lanes[bits] |= static_cast<std::uint64_t>(lane) << (8 * n++);
    }
};
inline constexpr LaneOrders kLaneOrders{};

// Store the lanes whose bit is set, in order, one after the other; what lies behind them is overwritten.
inline void compress(Vec a, unsigned bits, void* p) {
    const __m128i order = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kLaneOrders.lanes[bits]));
    store(p, {_mm256_permutevar8x32_epi32(a.v, _mm256_cvtepu8_epi32(order))});
}

#elif defined(__SSE2__) || defined(_M_X64)

inline constexpr std::size_t kLanes = 4;
struct Vec {
    __m128i v;
};

inline Vec load(const void* p) { return {_mm_loadu_si128(static_cast<const __m128i*>(p))}; }
inline void store(void* p, Vec a) { _mm_storeu_si128(static_cast<__m128i*>(p), a.v); }
inline Vec broadcast(std::int32_t x) { return {_mm_set1_epi32(x)}; }
inline Vec add(Vec a, Vec b) { return {_mm_add_epi32(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {_mm_sub_epi32(a.v, b.v)}; }
inline Vec less(Vec a, Vec b) { return {_mm_cmpgt_epi32(b.v, a.v)}; }
inline Vec select(Vec mask, Vec a, Vec b) {
    return {_mm_or_si128(_mm_and_si128(mask.v, a.v), _mm_andnot_si128(mask.v, b.v))};
}
inline Vec min(Vec a, Vec b) { return select(less(a, b), a, b); }
inline unsigned lane_bits(Vec mask) { return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(mask.v))); }
inline Vec add16(Vec a, Vec b) { return {_mm_add_epi16(a.v, b.v)}; }
inline Vec sub16(Vec a, Vec b) { return {_mm_sub_epi16(a.v, b.v)}; }
inline Vec abs16(Vec a) { return {_mm_max_epi16(a.v, _mm_sub_epi16(_mm_setzero_si128(), a.v))}; }
inline Vec min16(Vec a, Vec b) { return {_mm_min_epi16(a.v, b.v)}; }
inline Vec max16(Vec a, Vec b) { return {_mm_max_epi16(a.v, b.v)}; }
inline Vec dot_pairs(Vec a, Vec b) { return {_mm_madd_epi16(a.v, b.v)}; }
inline Vec times(Vec a, float factor) {
    return {_mm_castps_si128(_mm_mul_ps(_mm_cvtepi32_ps(a.v), _mm_set1_ps(factor)))};
}
inline Vec plus(Vec a, Vec b) { return {_mm_castps_si128(_mm_add_ps(_mm_castsi128_ps(a.v), _mm_castsi128_ps(b.v)))}; }

inline Vec bit_and(Vec a, Vec b) { return {_mm_and_si128(a.v, b.v)}; }
inline Vec bit_or(Vec a, Vec b) { return {_mm_or_si128(a.v, b.v)}; }
template <int kBits>
inline Vec shift_left(Vec a) {
    return {_mm_slli_epi32(a.v, kBits)};
}
template <int kBits>
inline Vec shift_right(Vec a) {
    return {_mm_srli_epi32(a.v, kBits)};
}
inline Vec shift_right_all(Vec a, int bits) { return {_mm_srl_epi32(a.v, _mm_cvtsi32_si128(bits))}; }

#elif defined(__aarch64__)

inline constexpr std::size_t kLanes = 4;
struct Vec {
    int32x4_t v;
};

inline int16x8_t as16(Vec a) { return vreinterpretq_s16_s32(a.v); }
inline Vec from16(int16x8_t a) { return {vreinterpretq_s32_s16(a)}; }
inline Vec load(const void* p) { return {vreinterpretq_s32_u8(vld1q_u8(static_cast<const std::uint8_t*>(p)))}; }
inline void store(void* p, Vec a) { vst1q_u8(static_cast<std::uint8_t*>(p), vreinterpretq_u8_s32(a.v)); }
inline Vec broadcast(std::int32_t x) { return {vdupq_n_s32(x)}; }
inline Vec add(Vec a, Vec b) { return {vaddq_s32(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {vsubq_s32(a.v, b.v)}; }
inline Vec less(Vec a, Vec b) { return {vreinterpretq_s32_u32(vcltq_s32(a.v, b.v))}; }
inline Vec select(Vec mask, Vec a, Vec b) { return {vbslq_s32(vreinterpretq_u32_s32(mask.v), a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {vminq_s32(a.v, b.v)}; }
inline unsigned lane_bits(Vec mask) {
    const std::int32_t weights[4] = {1, 2, 4, 8};
    const int32x4_t bits = vandq_s32(mask.v, vld1q_s32(weights));
    return static_cast<unsigned>(vgetq_lane_s32(bits, 0) + vgetq_lane_s32(bits, 1) + vgetq_lane_s32(bits, 2) +
                                 vgetq_lane_s32(bits, 3));
}
inline Vec add16(Vec a, Vec b) { return from16(vaddq_s16(as16(a), as16(b))); }
inline Vec sub16(Vec a, Vec b) { return from16(vsubq_s16(as16(a), as16(b))); }
inline Vec abs16(Vec a) { return from16(vabsq_s16(as16(a))); }
inline Vec min16(Vec a, Vec b) { return from16(vminq_s16(as16(a), as16(b))); }
inline Vec max16(Vec a, Vec b) { return from16(vmaxq_s16(as16(a), as16(b))); }
inline Vec dot_pairs(Vec a, Vec b) {
    const int32x4_t low = vmull_s16(vget_low_s16(as16(a)), vget_low_s16(as16(b)));
    const int32x4_t high = vmull_s16(vget_high_s16(as16(a)), vget_high_s16(as16(b)));
    return {vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                         vpadd_s32(vget_low_s32(high), vget_high_s32(high)))};
}
inline Vec times(Vec a, float factor) { return {vreinterpretq_s32_f32(vmulq_n_f32(vcvtq_f32_s32(a.v), factor))}; }
inline Vec plus(Vec a, Vec b) {
    return {vreinterpretq_s32_f32(vaddq_f32(vreinterpretq_f32_s32(a.v), vreinterpretq_f32_s32(b.v)))};
}
inline Vec bit_and(Vec a, Vec b) { return {vandq_s32(a.v, b.v)}; }
inline Vec bit_or(Vec a, Vec b) { return {vorrq_s32(a.v, b.v)}; }
template <int kBits>
inline Vec shift_left(Vec a) {
    return {vshlq_n_s32(a.v, kBits)};
}
template <int kBits>
inline Vec shift_right(Vec a) {
    return {vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a.v), kBits))};
}
inline Vec shift_right_all(Vec a, int bits) {
    return {vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.v), vdupq_n_s32(-bits)))};
}

#else

inline constexpr std::size_t kLanes = 1;
struct Vec {
    std::int32_t v;
};

inline std::int32_t low16(Vec a) { return static_cast<std::int16_t>(a.v & 0xffff); }
inline std::int32_t high16(Vec a) {
    return static_cast<std::int16_t>((static_cast<std::uint32_t>(a.v) >> 16) & 0xffff);
}
inline Vec pair(std::int32_t low, std::int32_t high) {
    return {static_cast<std::int32_t>((static_cast<std::uint32_t>(high) << 16) |
                                      (static_cast<std::uint32_t>(low) & 0xffffu))};
}
inline Vec load(const void* p) {
    std::int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return {x};
}
inline void store(void* p, Vec a) { __builtin_memcpy(p, &a.v, sizeof a.v); }
inline Vec broadcast(std::int32_t x) { return {x}; }
inline Vec add(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec sub(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec less(Vec a, Vec b) { return {a.v < b.v ? -1 : 0}; }
inline Vec select(Vec mask, Vec a, Vec b) { return mask.v ? a : b; }
inline Vec min(Vec a, Vec b) { return a.v < b.v ? a : b; }
inline unsigned lane_bits(Vec mask) { return mask.v ? 1u : 0u; }
inline Vec add16(Vec a, Vec b) { return pair(low16(a) + low16(b), high16(a) + high16(b)); }
inline Vec sub16(Vec a, Vec b) { return pair(low16(a) - low16(b), high16(a) - high16(b)); }
inline Vec abs16(Vec a) { return pair(low16(a) < 0 ? -low16(a) : low16(a), high16(a) < 0 ? -high16(a) : high16(a)); }
inline Vec min16(Vec a, Vec b) {
    return pair(low16(a) < low16(b) ? low16(a) : low16(b), high16(a) < high16(b) ? high16(a) : high16(b));
}
inline Vec max16(Vec a, Vec b) {
    return pair(low16(a) > low16(b) ? low16(a) : low16(b), high16(a) > high16(b) ? high16(a) : high16(b));
}
inline Vec dot_pairs(Vec a, Vec b) { return {low16(a) * low16(b) + high16(a) * high16(b)}; }
inline Vec times(Vec a, float factor) { return {std::bit_cast<std::int32_t>(static_cast<float>(a.v) * factor)}; }
inline Vec plus(Vec a, Vec b) {
    return {std::bit_cast<std::int32_t>(std::bit_cast<float>(a.v) + std::bit_cast<float>(b.v))};
}
inline Vec bit_and(Vec a, Vec b) { return {a.v & b.v}; }
inline Vec bit_or(Vec a, Vec b) { return {a.v | b.v}; }
template <int kBits>
inline Vec shift_left(Vec a) {
    return {static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) << kBits)};
}
template <int kBits>
inline Vec shift_right(Vec a) {
    return {static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) >> kBits)};
}
inline Vec shift_right_all(Vec a, int bits) {
    return {static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v) >> bits)};
}

#endif

#if !defined(__AVX2__)
// Store the lanes whose bit is set, in order, one after the other; what lies behind them is overwritten.
inline void compress(Vec a, unsigned bits, void* p) {
    std::int32_t lanes[kLanes], kept[kLanes];
    store(lanes, a);
    store(kept, a);
    std::size_t n = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        kept[n] = lanes[lane];
        n += bits >> lane & 1;
    }
    store(p, load(kept));
}
#endif

}  // namespace pil_kmeans::PIL_KMEANS_ISA
