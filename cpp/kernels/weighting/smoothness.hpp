// Smoothness: how little lightness varies around a pixel, and so how well an error is seen there. Eyes find a step in a
// smooth area that texture would hide (contrast masking: Legge and Foley, Journal of the Optical Society of America 70,
// 1980).
//
// A pixel's smoothness is 255 / (1 + sd / 2), to the nearest: sd is the standard deviation, over the 5 x 5 pixels
// around it, of lightness from 0 to 255. Beyond its borders a picture goes on as it ends. Lightness is that of Oklab
// for greys, for other colours the mean of the cube roots of their samples' light, weighed by their part in it near
// grey; colours that are not opaque are seen before the mean background. It is rounded to quarters, so all sums are
// integers. O(n), whatever the window. The same for every number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/team.hpp"

namespace pil_kmeans {

inline constexpr int kFlat = 255;    // smoothness where lightness does not vary
inline constexpr int kCellBits = 4;  // of each sample, by which colours are told apart below
inline constexpr std::size_t kMostCells = std::size_t{1} << (4 * kCellBits);

// Cells of colours: the top bits of their samples interleaved as in a Morton key, so that a key's first bits name one.
inline std::size_t n_weight_cells(std::size_t n_channels) { return std::size_t{1} << (n_channels * kCellBits); }

// The pixels looked at: every `row_step`th row from the first on, and of these some columns. Others are neighbours
// only: so part of a picture, with two pixels of its neighbours, has the sums that the picture has there.
struct Seen {
    std::size_t first_row, end_row, row_step;  // at most end_row rows, which the picture has; row_step positive
    std::size_t first_column, end_column;
};

std::size_t n_rows_seen(const Seen& seen);

// Smoothness of the pixels in the rows seen, in all columns.
template <typename Sample>
void smoothness(const Sample* samples,  // IN  (height * width, C)
                std::size_t height, std::size_t width, std::size_t n_channels, const Seen& seen, Team& team,
                std::uint8_t* result);  // OUT (n_rows_seen, width)

// Pixels of each cell among those seen, and the sums of their smoothness; fully transparent ones do not count.
template <typename Sample>
void cell_smoothness(const Sample* samples,  // IN  (height * width, C)
                     std::size_t height, std::size_t width, std::size_t n_channels, const Seen& seen, Team& team,
                     std::int64_t* counts,  // OUT (n_weight_cells,)
                     std::int64_t* sums);   // OUT (n_weight_cells,)

// What each pixel of some rows counts for: its smoothness divided by the power of 7 / 16 of what its cell weighs in
// all, as shares of 65535, which a flat area in the lightest cell would have; to the nearest. Cells that weigh nothing
// are like that one.
template <typename Sample>
void pixel_weights(const Sample* samples,  // IN  (height * width, C)
                   std::size_t height, std::size_t width, std::size_t n_channels,
                   const std::int64_t* totals,  // IN  (n_weight_cells,)
                   const std::int64_t* rows,    // IN  (n_rows,) from 0 to height - 1, ascending
                   std::size_t n_rows, Team& team,
                   std::uint16_t* weights);  // OUT (height * width,) those of these rows

}  // namespace pil_kmeans
