// A low-pass of whole numbers, as the eye takes in dithered pixels; the compiler vectorises.
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

// Sum with the weights 1, 6, 15, 20, 15, 6, 1 of a binomial.
static inline std::int32_t binomial(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d, std::int32_t e,
                                    std::int32_t f, std::int32_t g) {
    return a + g + 6 * (b + f) + 15 * (c + e) + 20 * d;
}

void blur_row(const std::int32_t* const* rows, std::size_t n, std::int32_t* __restrict scratch,
              std::int32_t* __restrict blurred) {
    const std::int32_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4], *f = rows[5], *g = rows[6];
    std::int32_t* const column = scratch + kBlurReach;
    for (std::size_t x = 0; x < n; ++x) column[x] = binomial(a[x], b[x], c[x], d[x], e[x], f[x], g[x]);
    for (std::size_t i = 0; i < kBlurReach; ++i) {  // beyond the ends the row goes on as it ends
        scratch[i] = column[0];
        column[n + i] = column[n - 1];
    }
    for (std::size_t x = 0; x < n; ++x)
        blurred[x] = binomial(scratch[x], scratch[x + 1], scratch[x + 2], scratch[x + 3], scratch[x + 4],
                              scratch[x + 5], scratch[x + 6]) >>
                     6;
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
