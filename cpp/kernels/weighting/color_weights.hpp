// Color weights: what each colour of a histogram counts for in a fit.
//
// The weight of a colour's pixels, times the mean smoothness of those of its cell, divided by the cube root of what the
// cell weighs in all. By its size alone a cell would have centers in proportion to n^(1/3) in theory, and dark areas
// and skies most of them; with this a small vivid area has some as well. Cells of whose pixels none was looked at count
// as half as smooth as all together: they are few, mostly at edges. O(n).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

inline constexpr int kWeightBits = 46;  // of all weights together, at most

// Weight of each cell in all. Throws std::invalid_argument if keys do not ascend or lie in no cell, or weights are not
// 0 to 2^52 - 1: these are found out in the same pass, since many colours take longer to fetch than to look at.
void cell_totals(const std::uint64_t* keys,                   // IN  (n,) ascending
                 const std::int64_t* weights,                 // IN  (n,)
                 std::size_t n, int shift,                    // of a key to its cell, which is below n_cells
                 std::size_t n_cells, std::int64_t* totals);  // OUT (n_cells,)

// Integers in proportion to what the colours count for, positive where their weights are.
void color_weights(const std::uint64_t* keys,    // IN  (n,) as `cell_totals` has seen them
                   const std::int64_t* weights,  // IN  (n,)
                   std::size_t n, int shift,     // of a key to its cell
                   const std::int64_t* totals,   // IN  (n_cells,)
                   const double* counts,         // IN  (n_cells,) pixels looked at in each cell
                   const double* sums,           // IN  (n_cells,) of their smoothness
                   std::size_t n_cells,          //
                   double* factors,              // OUT (n_cells,) what a weight of 1 counts for in each cell
                   std::int64_t* result);        // OUT (n,)

}  // namespace pil_kmeans
