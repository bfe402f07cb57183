// More of Vec, for loops that read tables: gathers, shifts by lane, floats in their order.
//
// Floats are kept as their bits. All operations are exact or rounded once, so all instruction sets give the same bits.
#pragma once

#include "kernels/base/simd.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

inline Vec broadcast_float(float x) { return broadcast(std::bit_cast<std::int32_t>(x)); }
inline Vec broadcast_word(std::uint32_t x) { return broadcast(static_cast<std::int32_t>(x)); }

inline constexpr std::int32_t kTableLanes = 8;  // of a table that lies in a vector

#if defined(__AVX2__)

inline Vec multiply_high16(Vec a, Vec b) { return {_mm256_mulhi_epi16(a.v, b.v)}; }
inline Vec equal(Vec a, Vec b) { return {_mm256_cmpeq_epi32(a.v, b.v)}; }
inline Vec less_float(Vec a, Vec b) {
    return {_mm256_castps_si256(_mm256_cmp_ps(_mm256_castsi256_ps(a.v), _mm256_castsi256_ps(b.v), _CMP_LT_OQ))};
}
inline Vec min_float(Vec a, Vec b) {
    return {_mm256_castps_si256(_mm256_min_ps(_mm256_castsi256_ps(a.v), _mm256_castsi256_ps(b.v)))};
}
inline Vec bit_and_not(Vec a, Vec b) { return {_mm256_andnot_si256(b.v, a.v)}; }  // a without what is in b
// Shift each lane by as many bits as its lane of `bits` says, 32 or more of them as an unsigned number for 0.
inline Vec shift_right_by(Vec a, Vec bits) { return {_mm256_srlv_epi32(a.v, bits.v)}; }
inline Vec gather(const std::uint32_t* words, Vec places) {
    return {_mm256_i32gather_epi32(reinterpret_cast<const int*>(words), places.v, 4)};
}
inline Vec gather(const float* floats, Vec places) {
    return {_mm256_castps_si256(_mm256_i32gather_ps(floats, places.v, 4))};
}
// Of a table of kTableLanes, places below that.
inline Vec look_up(const float* table, Vec places) {
    return {_mm256_castps_si256(_mm256_permutevar8x32_ps(_mm256_loadu_ps(table), places.v))};
}
// Reads three bytes beyond the farthest place.
inline Vec gather_bytes(const std::uint8_t* bytes, Vec places) {
    return bit_and({_mm256_i32gather_epi32(reinterpret_cast<const int*>(bytes), places.v, 1)}, broadcast(255));
}
inline Vec load_bytes(const std::uint8_t* p) {
    return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
inline std::uint32_t first_lane(Vec a) {
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm256_castsi256_si128(a.v)));
}
inline float least_float(Vec a) {
    const __m256 all = _mm256_castsi256_ps(a.v);
    __m128 least = _mm_min_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    least = _mm_min_ps(least, _mm_movehl_ps(least, least));
    return _mm_cvtss_f32(_mm_min_ss(least, _mm_shuffle_ps(least, least, 1)));
}
inline std::int32_t least_word(Vec a) {
    __m128i least = _mm_min_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    least = _mm_min_epi32(least, _mm_shuffle_epi32(least, 0x4e));
    return _mm_cvtsi128_si32(_mm_min_epi32(least, _mm_shuffle_epi32(least, 0xb1)));
}
// 0, 1, 2 and so on.
inline Vec lane_numbers() { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }

#else

#if defined(__SSE2__) || defined(_M_X64)
inline Vec multiply_high16(Vec a, Vec b) { return {_mm_mulhi_epi16(a.v, b.v)}; }
inline Vec equal(Vec a, Vec b) { return {_mm_cmpeq_epi32(a.v, b.v)}; }
inline Vec less_float(Vec a, Vec b) {
    return {_mm_castps_si128(_mm_cmplt_ps(_mm_castsi128_ps(a.v), _mm_castsi128_ps(b.v)))};
}
inline Vec min_float(Vec a, Vec b) {
    return {_mm_castps_si128(_mm_min_ps(_mm_castsi128_ps(a.v), _mm_castsi128_ps(b.v)))};
}
inline Vec bit_and_not(Vec a, Vec b) { return {_mm_andnot_si128(b.v, a.v)}; }
#elif defined(__aarch64__)
inline Vec multiply_high16(Vec a, Vec b) {
    const int32x4_t low = vmull_s16(vget_low_s16(as16(a)), vget_low_s16(as16(b)));
    const int32x4_t high = vmull_s16(vget_high_s16(as16(a)), vget_high_s16(as16(b)));
    return from16(vcombine_s16(vshrn_n_s32(low, 16), vshrn_n_s32(high, 16)));
}
inline Vec equal(Vec a, Vec b) { return {vreinterpretq_s32_u32(vceqq_s32(a.v, b.v))}; }
inline Vec less_float(Vec a, Vec b) {
    return {vreinterpretq_s32_u32(vcltq_f32(vreinterpretq_f32_s32(a.v), vreinterpretq_f32_s32(b.v)))};
}
inline Vec min_float(Vec a, Vec b) {
    return {vreinterpretq_s32_f32(vminq_f32(vreinterpretq_f32_s32(a.v), vreinterpretq_f32_s32(b.v)))};
}
inline Vec bit_and_not(Vec a, Vec b) { return {vbicq_s32(a.v, b.v)}; }
#else
inline Vec multiply_high16(Vec a, Vec b) { return pair((low16(a) * low16(b)) >> 16, (high16(a) * high16(b)) >> 16); }
inline Vec equal(Vec a, Vec b) { return {a.v == b.v ? -1 : 0}; }
inline Vec less_float(Vec a, Vec b) { return {std::bit_cast<float>(a.v) < std::bit_cast<float>(b.v) ? -1 : 0}; }
inline Vec min_float(Vec a, Vec b) { return select(less_float(a, b), a, b); }
inline Vec bit_and_not(Vec a, Vec b) { return {a.v & ~b.v}; }
#endif

struct Lanes {
    std::int32_t of[kLanes];
    explicit Lanes(Vec a) { store(of, a); }
    template <typename Read>
    static Vec each(Read read) {
        std::int32_t all[kLanes];
        for (std::size_t i = 0; i < kLanes; ++i) all[i] = static_cast<std::int32_t>(read(i));
        return load(all);
    }
};

inline Vec shift_right_by(Vec a, Vec bits) {
    const Lanes values(a), shifts(bits);
    return Lanes::each([&](std::size_t i) {
        const auto shift = static_cast<std::uint32_t>(shifts.of[i]);
        return shift < 32 ? static_cast<std::uint32_t>(values.of[i]) >> shift : 0u;
    });
}
inline Vec gather(const std::uint32_t* words, Vec places) {
    const Lanes at(places);
    return Lanes::each([&](std::size_t i) { return words[at.of[i]]; });
}
inline Vec gather(const float* floats, Vec places) {
    const Lanes at(places);
    return Lanes::each([&](std::size_t i) { return std::bit_cast<std::int32_t>(floats[at.of[i]]); });
}
inline Vec look_up(const float* table, Vec places) { return gather(table, places); }
inline Vec gather_bytes(const std::uint8_t* bytes, Vec places) {
    const Lanes at(places);
    return Lanes::each([&](std::size_t i) { return bytes[at.of[i]]; });
}
inline Vec load_bytes(const std::uint8_t* p) {
    return Lanes::each([&](std::size_t i) { return p[i]; });
}
inline std::uint32_t first_lane(Vec a) { return static_cast<std::uint32_t>(Lanes(a).of[0]); }
inline float least_float(Vec a) {
    const Lanes all(a);
    float least = std::bit_cast<float>(all.of[0]);
    for (std::size_t i = 1; i < kLanes; ++i) {
        const float other = std::bit_cast<float>(all.of[i]);
        least = other < least ? other : least;
    }
    return least;
}
inline std::int32_t least_word(Vec a) {
    const Lanes all(a);
    std::int32_t least = all.of[0];
    for (std::size_t i = 1; i < kLanes; ++i) least = all.of[i] < least ? all.of[i] : least;
    return least;
}
inline Vec lane_numbers() {
    return Lanes::each([](std::size_t i) { return i; });
}

#endif

}  // namespace pil_kmeans::PIL_KMEANS_ISA
