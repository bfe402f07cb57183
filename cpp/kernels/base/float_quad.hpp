// Four floats in one register of every machine: the channels of one pixel. Every operation is rounded once, as IEEE 754
// says, so all machines give the same bits; none may see a NaN, and of -0 and 0 either may be the greatest.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/base/cube_roots.hpp"
#include "kernels/base/quad.hpp"

namespace pil_kmeans {

#if defined(__SSE2__) || defined(_M_X64)

struct FloatQuad {
    __m128 v;
    static FloatQuad all(float x) { return {_mm_set1_ps(x)}; }
};

inline FloatQuad load_floats(const float* p) { return {_mm_loadu_ps(p)}; }
inline void store_floats(float* p, FloatQuad a) { _mm_storeu_ps(p, a.v); }
inline FloatQuad operator+(FloatQuad a, FloatQuad b) { return {_mm_add_ps(a.v, b.v)}; }
inline FloatQuad operator*(FloatQuad a, FloatQuad b) { return {_mm_mul_ps(a.v, b.v)}; }
inline FloatQuad operator/(FloatQuad a, FloatQuad b) { return {_mm_div_ps(a.v, b.v)}; }
inline FloatQuad max_floats(FloatQuad a, FloatQuad b) { return {_mm_max_ps(a.v, b.v)}; }
inline bool all_equal(FloatQuad a, FloatQuad b) { return _mm_movemask_ps(_mm_cmpeq_ps(a.v, b.v)) == 15; }
inline Quad bits_of(FloatQuad a) { return {_mm_castps_si128(a.v)}; }
inline FloatQuad of_bits(Quad a) { return {_mm_castsi128_ps(a.v)}; }
inline FloatQuad to_floats(Quad a) { return {_mm_cvtepi32_ps(a.v)}; }
inline Quad to_nearest(FloatQuad a) { return {_mm_cvtps_epi32(a.v)}; }  // of two the even one

#elif defined(__aarch64__)

struct FloatQuad {
    float32x4_t v;
    static FloatQuad all(float x) { return {vdupq_n_f32(x)}; }
};

inline FloatQuad load_floats(const float* p) { return {vld1q_f32(p)}; }
inline void store_floats(float* p, FloatQuad a) { vst1q_f32(p, a.v); }
inline FloatQuad operator+(FloatQuad a, FloatQuad b) { return {vaddq_f32(a.v, b.v)}; }
inline FloatQuad operator*(FloatQuad a, FloatQuad b) { return {vmulq_f32(a.v, b.v)}; }
inline FloatQuad operator/(FloatQuad a, FloatQuad b) { return {vdivq_f32(a.v, b.v)}; }
inline FloatQuad max_floats(FloatQuad a, FloatQuad b) { return {vmaxq_f32(a.v, b.v)}; }
inline bool all_equal(FloatQuad a, FloatQuad b) { return vminvq_u32(vceqq_f32(a.v, b.v)) != 0; }
inline Quad bits_of(FloatQuad a) { return {vreinterpretq_s32_f32(a.v)}; }
inline FloatQuad of_bits(Quad a) { return {vreinterpretq_f32_s32(a.v)}; }
inline FloatQuad to_floats(Quad a) { return {vcvtq_f32_s32(a.v)}; }
inline Quad to_nearest(FloatQuad a) { return {vcvtnq_s32_f32(a.v)}; }

#else

struct FloatQuad {
    float v[4];
    static FloatQuad all(float x) { return {{x, x, x, x}}; }
};

template <typename Op>
inline FloatQuad float_lanes(FloatQuad a, FloatQuad b, Op op) {
    FloatQuad c;
    for (int i = 0; i < 4; ++i) c.v[i] = op(a.v[i], b.v[i]);
    return c;
}
inline FloatQuad load_floats(const float* p) {
    FloatQuad a;
    std::memcpy(a.v, p, sizeof a.v);
    return a;
}
inline void store_floats(float* p, FloatQuad a) { std::memcpy(p, a.v, sizeof a.v); }
inline FloatQuad operator+(FloatQuad a, FloatQuad b) {
    return float_lanes(a, b, [](float x, float y) { return x + y; });
}
inline FloatQuad operator*(FloatQuad a, FloatQuad b) {
    return float_lanes(a, b, [](float x, float y) { return x * y; });
}
inline FloatQuad operator/(FloatQuad a, FloatQuad b) {
    return float_lanes(a, b, [](float x, float y) { return x / y; });
}
inline FloatQuad max_floats(FloatQuad a, FloatQuad b) {
    return float_lanes(a, b, [](float x, float y) { return x > y ? x : y; });
}
inline bool all_equal(FloatQuad a, FloatQuad b) {
    return a.v[0] == b.v[0] && a.v[1] == b.v[1] && a.v[2] == b.v[2] && a.v[3] == b.v[3];
}
inline Quad bits_of(FloatQuad a) { return std::bit_cast<Quad>(a); }
inline FloatQuad of_bits(Quad a) { return std::bit_cast<FloatQuad>(a); }
inline FloatQuad to_floats(Quad a) {
    FloatQuad b;
    for (int i = 0; i < 4; ++i) b.v[i] = static_cast<float>(a.v[i]);
    return b;
}
inline Quad to_nearest(FloatQuad a) {
    Quad b;
    for (int i = 0; i < 4; ++i) b.v[i] = static_cast<std::int32_t>(std::nearbyint(a.v[i]));
    return b;
}

#endif

}  // namespace pil_kmeans
