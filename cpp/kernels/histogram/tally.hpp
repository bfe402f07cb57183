// Tally: histograms in few bytes, which add up: of many pictures, or of the blocks of one that is larger than memory.
//
// The colours of all pictures together, each once, with its number of pixels, while there are no more than a budget.
// Beyond it they are counted in cells: all colours whose Morton keys agree but for their last bits, of which as few are
// left out as the budget allows. How many that are, depends on the set of all colours alone: the cells of a part are
// never wider than those of the whole, since the part has no more colours. So tallies add up in any order and grouping
// to the same bytes. Of a cell there are its pixels and, so that its mean colour is known exactly, the sums of what the
// keys leave out. Of pictures with alpha opaque colours share no cell with others.
//
// Bytes of an entry, in ascending order of keys: the key less the one before, the number of pixels, in cells the sum
// for each channel, all of them in base 128 with the top bit of a byte for "goes on" (LEB128), and if pixels have
// weights, the sum of these as a double: about two bytes a colour of a photograph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/buffer.hpp"
#include "kernels/histogram/morton.hpp"

namespace pil_kmeans {

// What the keys of a kind of pictures are made of.
struct KeyLayout {
    std::size_t n_channels;  // 1 to 4
    int sample_bits;         // 8 or 16; with one channel also 64
    int unsummed_bits;       // at the end of a key, which cells leave out and do not sum
};

struct TallyView {
    const std::uint8_t* bytes;
    std::size_t n_bytes;
    std::size_t n;     // entries
    int shift;         // bits that keys leave out, besides the unsummed ones; 0: keys are whole
    bool is_weighted;  // whether there are weights
};

struct Tally {
    Buffer<std::uint8_t> bytes;
    std::size_t n = 0;
    int shift = 0;
};

struct TallyEntries {
    Buffer<std::uint64_t> keys;    // (n,) ascending: whole, or what is left of them; with alpha a last bit for "opaque"
    Buffer<std::int64_t> counts;   // (n,) pixels
    Buffer<std::uint16_t> colors;  // (n, C) mean colour of each cell, 65535 is full scale; empty where keys are whole
    Buffer<std::int64_t> sums;     // (n,) of what keys of 64 bits leave out, in place of colours
    Buffer<double> weights;        // (n,) empty without
};

// Enough to bring the longest keys, of RGBA in 16 bits, to 2**18 cells. A sum is then less than 2**12 for each pixel,
// and for float values, of which 27 bits are enough, 2**27.
inline constexpr int kMostTallyShift = 46;

// The tally of a histogram, within a budget as below. O(n).
Tally tally(const std::uint64_t* keys,   // IN  (n,) ascending, distinct
            const std::int64_t* counts,  // IN  (n,) not negative
            const double* weights,       // IN  (n,) or null
            std::size_t n, const KeyLayout& layout, std::size_t budget);

// What a table of RGB pixels has counted, see `count_pixels`, as the tally of its histogram would be; the table is all
// zero then. O(kTableSize).
Tally take_tally(std::uint8_t* table,           // INOUT (kTableSize,)
                 const std::uint32_t* wrapped,  // IN    (n_wrapped,) below kTableSize, noted by this table
                 std::size_t n_wrapped,
                 std::size_t budget);  // positive

// The sum of tallies, in cells that leave out `least_shift` bits at least, and as many more as bring their number to
// `budget`, if kMostTallyShift bits can. Throws std::invalid_argument where bytes are no tally. O(n k) for k tallies of
// n entries in all; memory for no more than the entries of the sum.
Tally merge_tallies(const std::vector<TallyView>& parts, const KeyLayout& layout, int least_shift, std::size_t budget);

// The entries of a tally. O(n). The mean colour of a cell of pictures with alpha is opaque if all of the cell is, else
// not, and nowhere fully transparent.
TallyEntries tally_entries(const TallyView& view, const KeyLayout& layout);

}  // namespace pil_kmeans
