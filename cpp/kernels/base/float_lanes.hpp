// As many floats as Vec has lanes: each lane is of another pixel. Every operation is rounded once, as IEEE 754 says, so
// all instruction sets give the same bits; none may see a NaN, and of -0 and 0 either may be the least.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/base/cube_roots.hpp"
#include "kernels/base/simd.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

#if defined(__AVX2__)

struct Floats {
    __m256 v;
    static Floats all(float x) { return {_mm256_set1_ps(x)}; }
};

inline Floats load_floats(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void store_floats(float* p, Floats a) { _mm256_storeu_ps(p, a.v); }
inline Floats operator+(Floats a, Floats b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Floats operator-(Floats a, Floats b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Floats operator*(Floats a, Floats b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Floats operator/(Floats a, Floats b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Floats min_floats(Floats a, Floats b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Floats max_floats(Floats a, Floats b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec bits_of(Floats a) { return {_mm256_castps_si256(a.v)}; }
inline Floats of_bits(Vec a) { return {_mm256_castsi256_ps(a.v)}; }
inline Floats to_floats(Vec a) { return {_mm256_cvtepi32_ps(a.v)}; }
inline Vec to_nearest(Floats a) { return {_mm256_cvtps_epi32(a.v)}; }  // of two the even one

// Each lane from the one below it, the first from the last lane of `before`.
inline Floats shifted_up(Floats a, Floats before) {
    const __m256i below = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
    return {_mm256_blend_ps(_mm256_permutevar8x32_ps(a.v, below), _mm256_permutevar8x32_ps(before.v, below), 1)};
}

// Four floats for each lane: the first of all, the second of all, and so on.
template <typename PointerOf>
inline void gather_quads(const PointerOf& of, Floats* planes) {
    const auto pair = [&](std::size_t lane) {
        return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(of(lane))), _mm_loadu_ps(of(lane + 4)), 1);
    };
    const __m256 a = pair(0), b = pair(1), c = pair(2), d = pair(3);
    const __m256 ab = _mm256_unpacklo_ps(a, b), cd = _mm256_unpacklo_ps(c, d), ab2 = _mm256_unpackhi_ps(a, b),
                 cd2 = _mm256_unpackhi_ps(c, d);
    planes[0] = {_mm256_shuffle_ps(ab, cd, 0x44)};
    planes[1] = {_mm256_shuffle_ps(ab, cd, 0xee)};
    planes[2] = {_mm256_shuffle_ps(ab2, cd2, 0x44)};
    planes[3] = {_mm256_shuffle_ps(ab2, cd2, 0xee)};
}

// The other way round.
inline void store_quads(float* p, const Floats* planes) {
    const __m256 ab = _mm256_unpacklo_ps(planes[0].v, planes[1].v), cd = _mm256_unpacklo_ps(planes[2].v, planes[3].v),
                 ab2 = _mm256_unpackhi_ps(planes[0].v, planes[1].v), cd2 = _mm256_unpackhi_ps(planes[2].v, planes[3].v);
    const __m256 pairs[4] = {_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee),
                             _mm256_shuffle_ps(ab2, cd2, 0x44), _mm256_shuffle_ps(ab2, cd2, 0xee)};
    for (std::size_t lane = 0; lane < 4; ++lane) {
        _mm_storeu_ps(p + 4 * lane, _mm256_castps256_ps128(pairs[lane]));
        _mm_storeu_ps(p + 4 * (lane + 4), _mm256_extractf128_ps(pairs[lane], 1));
    }
}

#else

#if defined(__SSE2__) || defined(_M_X64)

struct Floats {
    __m128 v;
    static Floats all(float x) { return {_mm_set1_ps(x)}; }
};

inline Floats load_floats(const float* p) { return {_mm_loadu_ps(p)}; }
inline void store_floats(float* p, Floats a) { _mm_storeu_ps(p, a.v); }
inline Floats operator+(Floats a, Floats b) { return {_mm_add_ps(a.v, b.v)}; }
inline Floats operator-(Floats a, Floats b) { return {_mm_sub_ps(a.v, b.v)}; }
inline Floats operator*(Floats a, Floats b) { return {_mm_mul_ps(a.v, b.v)}; }
inline Floats operator/(Floats a, Floats b) { return {_mm_div_ps(a.v, b.v)}; }
inline Floats min_floats(Floats a, Floats b) { return {_mm_min_ps(a.v, b.v)}; }
inline Floats max_floats(Floats a, Floats b) { return {_mm_max_ps(a.v, b.v)}; }
inline Vec bits_of(Floats a) { return {_mm_castps_si128(a.v)}; }
inline Floats of_bits(Vec a) { return {_mm_castsi128_ps(a.v)}; }
inline Floats to_floats(Vec a) { return {_mm_cvtepi32_ps(a.v)}; }
inline Vec to_nearest(Floats a) { return {_mm_cvtps_epi32(a.v)}; }
inline Floats shifted_up(Floats a, Floats before) {
    const __m128 last = _mm_shuffle_ps(before.v, before.v, _MM_SHUFFLE(3, 3, 3, 3));
    return {_mm_move_ss(_mm_shuffle_ps(a.v, a.v, _MM_SHUFFLE(2, 1, 0, 0)), last)};
}
template <typename PointerOf>
inline void gather_quads(const PointerOf& of, Floats* planes) {
    __m128 a = _mm_loadu_ps(of(0)), b = _mm_loadu_ps(of(1)), c = _mm_loadu_ps(of(2)), d = _mm_loadu_ps(of(3));
    _MM_TRANSPOSE4_PS(a, b, c, d);
    planes[0] = {a};
    planes[1] = {b};
    planes[2] = {c};
    planes[3] = {d};
}
inline void store_quads(float* p, const Floats* planes) {
    __m128 a = planes[0].v, b = planes[1].v, c = planes[2].v, d = planes[3].v;
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(p, a);
    _mm_storeu_ps(p + 4, b);
    _mm_storeu_ps(p + 8, c);
    _mm_storeu_ps(p + 12, d);
}

#elif defined(__aarch64__)

struct Floats {
    float32x4_t v;
    static Floats all(float x) { return {vdupq_n_f32(x)}; }
};

inline Floats load_floats(const float* p) { return {vld1q_f32(p)}; }
inline void store_floats(float* p, Floats a) { vst1q_f32(p, a.v); }
inline Floats operator+(Floats a, Floats b) { return {vaddq_f32(a.v, b.v)}; }
inline Floats operator-(Floats a, Floats b) { return {vsubq_f32(a.v, b.v)}; }
inline Floats operator*(Floats a, Floats b) { return {vmulq_f32(a.v, b.v)}; }
inline Floats operator/(Floats a, Floats b) { return {vdivq_f32(a.v, b.v)}; }
inline Floats min_floats(Floats a, Floats b) { return {vminq_f32(a.v, b.v)}; }
inline Floats max_floats(Floats a, Floats b) { return {vmaxq_f32(a.v, b.v)}; }
inline Vec bits_of(Floats a) { return {vreinterpretq_s32_f32(a.v)}; }
inline Floats of_bits(Vec a) { return {vreinterpretq_f32_s32(a.v)}; }
inline Floats to_floats(Vec a) { return {vcvtq_f32_s32(a.v)}; }
inline Vec to_nearest(Floats a) { return {vcvtnq_s32_f32(a.v)}; }
inline Floats shifted_up(Floats a, Floats before) { return {vextq_f32(before.v, a.v, 3)}; }

#else

struct Floats {
    float v;
    static Floats all(float x) { return {x}; }
};

inline Floats load_floats(const float* p) { return {*p}; }
inline void store_floats(float* p, Floats a) { *p = a.v; }
inline Floats operator+(Floats a, Floats b) { return {a.v + b.v}; }
inline Floats operator-(Floats a, Floats b) { return {a.v - b.v}; }
inline Floats operator*(Floats a, Floats b) { return {a.v * b.v}; }
inline Floats operator/(Floats a, Floats b) { return {a.v / b.v}; }
inline Floats min_floats(Floats a, Floats b) { return a.v < b.v ? a : b; }
inline Floats max_floats(Floats a, Floats b) { return a.v > b.v ? a : b; }
inline Vec bits_of(Floats a) { return {std::bit_cast<std::int32_t>(a.v)}; }
inline Floats of_bits(Vec a) { return {std::bit_cast<float>(a.v)}; }
inline Floats to_floats(Vec a) { return {static_cast<float>(a.v)}; }
inline Vec to_nearest(Floats a) { return {static_cast<std::int32_t>(std::nearbyint(a.v))}; }
inline Floats shifted_up(Floats, Floats before) { return before; }

#endif

#if !defined(__SSE2__) && !defined(_M_X64)
template <typename PointerOf>
inline void gather_quads(const PointerOf& of, Floats* planes) {
    float lanes[4][kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        for (std::size_t c = 0; c < 4; ++c) lanes[c][lane] = of(lane)[c];
    for (std::size_t c = 0; c < 4; ++c) planes[c] = load_floats(lanes[c]);
}
inline void store_quads(float* p, const Floats* planes) {
    float lanes[4][kLanes];
    for (std::size_t c = 0; c < 4; ++c) store_floats(lanes[c], planes[c]);
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        for (std::size_t c = 0; c < 4; ++c) p[4 * lane + c] = lanes[c][lane];
}
#endif

#endif

inline Floats select(Vec mask, Floats a, Floats b) { return of_bits(select(mask, bits_of(a), bits_of(b))); }

}  // namespace pil_kmeans::PIL_KMEANS_ISA
