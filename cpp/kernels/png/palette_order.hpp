// Palette order: entries whose pixels are neighbours get neighbouring places, so that the differences which PNG's
// filters leave are small, and few of them common.
//
// W. Zeng, J. Li and S. Lei, An efficient color re-indexing scheme for palette-based compression, ICIP 2000, for the
// idea of adding the entry most connected to those placed. Here it goes into whichever gap makes the arrangement
// cheapest. The cost of two neighbouring entries d places apart is log2(8 + d) - 3: about the bits that their
// difference takes once it is entropy coded. Swaps then lower the sum of that over all pairs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

inline constexpr std::size_t kMaxEntries = 256;

// How often two different entries are beside or above each other. Of large pictures rows are left out evenly, so that
// no more than twice kPixelsCounted pixels are looked at. O(n_pixels), but bounded.
inline constexpr std::size_t kPixelsCounted = std::size_t{1} << 19;
void count_neighbors(const std::uint8_t* indices,  // IN  (height, width), each below n_entries
                     std::size_t height, std::size_t width, std::size_t n_entries,
                     std::int32_t* counts);  // OUT (n_entries, n_entries) symmetric, zeros on the diagonal

// The entry of each place. The first n_first entries stay in the first n_first places, in any order. Then n_trials
// swaps drawn at random are tried, of which also those are made that cost a little more, ever less as trials run out.
// O(n_entries^2 * swaps made + n_entries * n_trials). All counts may sum up to kMaxTotal at most, as those of
// count_neighbors do.
inline constexpr std::int32_t kMaxTotal = std::int32_t{1} << 22;
void palette_order(const std::int32_t* counts,  // IN  (n_entries, n_entries) symmetric, zeros on the diagonal
                   std::size_t n_entries, std::size_t n_first, std::size_t n_trials,
                   std::uint8_t* order);  // OUT (n_entries,)

}  // namespace pil_kmeans
