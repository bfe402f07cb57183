// Histogram: the distinct colours of a picture and how often each occurs, in Morton order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/buffer.hpp"
#include "kernels/base/team.hpp"

namespace pil_kmeans {

struct Histogram {
    Buffer<std::uint64_t> keys;   // Morton keys, ascending and distinct
    Buffer<std::int64_t> counts;  // pixels per colour
};

struct CellHistogram {
    Buffer<std::uint64_t> keys;    // Morton keys of the cells that occur, ascending
    Buffer<std::int64_t> counts;   // pixels per cell
    Buffer<std::uint16_t> colors;  // (cells, 3) mean colour of each cell's pixels, 65535 is full scale
};

// Exact histogram of n pixels of C samples each. O(n), plus a radix sort when a key has more than 24 bits.
// Keys of at most 24 bits are counted in tables with one byte for every possible colour, at most three of 16 MB; those
// of small pictures region by region.
Histogram histogram(const std::uint8_t* samples,  // IN  (n, C)
                    std::size_t n, std::size_t n_channels, Team& team);
Histogram histogram(const std::uint16_t* samples, std::size_t n, std::size_t n_channels, Team& team);

// Histogram of n RGB pixels in cells of 5 or 6 bits a channel. O(n), one pass and no sort.
CellHistogram cell_histogram(const std::uint8_t* samples,  // IN  (n, 3)
                             std::size_t n, int bits, Team& team);

// Pictures of RGB pixels counted one after the other, in place: a table with one byte for every colour, all zero at
// first, whose counters go on at 1 when they are full. Returns the key of each counter that was full, once for every
// kTableWrap pixels that it no longer shows. O(n), and less than a histogram of its own for each picture. `take_tally`
// of tally.hpp packs what a table has counted.
inline constexpr std::size_t kTableSize = std::size_t{1} << 24;
inline constexpr std::int64_t kTableWrap = 255;
std::vector<std::uint32_t> count_pixels(const std::uint8_t* samples,  // IN  (n, 3)
                                        std::size_t n,
                                        std::uint8_t* table);  // INOUT (kTableSize,)

// The colours of Morton keys.
void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels,
                std::uint8_t* colors /* OUT (n, C) */);
void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint16_t* colors);

}  // namespace pil_kmeans
