// A walk over some rows of pixels, by error diffusion: what the hot loop of walk.cpp is given.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/dither/dither.hpp"
#include "kernels/dither/entry_cells.hpp"
#include "kernels/dither/light.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kRows = 16;  // that are walked over at a time
inline constexpr std::size_t kNone = ~std::size_t{0};
inline constexpr std::uint32_t kDithered = ~std::uint32_t{0};

// In step t row r handles pixel t - lag * r, which depends on pixels of earlier steps only. The lag, in pixels, and how
// many pixels beyond its own an error of the row above comes from.
struct Reach {
    std::size_t lag, ahead;
};
constexpr Reach reach_of(bool is_wide) { return is_wide ? Reach{3, 2} : Reach{2, 1}; }

// Errors of the last steps, step t in place t % kRecent, each plane by rows; and the same moved down by one row and by
// two, beneath those of the rows above.
inline constexpr std::size_t kRecent = 16;
struct RecentErrors {
    float of[3][kRecent][4][kRows];
};

struct RowWalk {
    LightTerms light;
    Shares shares;
    float strength;
    float low[4], high[4];              // of the entries' light
    const float* entries;               // (k, 4) light
    EntryCells::Table visible, opaque;  // for all pixels, and for opaque ones
    const float* roots;                 // (n_rows, width, 4)
    const Opacity* opacity;             // (n_rows, width), where pixels have alpha
    const std::uint32_t* held;          // (n_rows, width), see HeldRows
    bool is_any_held;
    std::size_t n_rows, width;  // at most kRows
    const float* above[2];   // errors of the two rows above, (width, 4), with kReach more at either end; the last last
    float* below[2];         // where those of the last rows go, the same
    RecentErrors* recent;    // zero before the first step
    std::uint32_t* indices;  // OUT (n_rows, width)
    std::size_t worker;
};

}  // namespace pil_kmeans
