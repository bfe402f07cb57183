// Deflate that takes its time (RFC 1951): the cheapest of all ways to cut bytes into literals and matches, by prices
// that the cut before has told, some rounds long, and in as many blocks as pay.
//
// The cheapest way is a shortest path (A. Hartman and M. Rodeh, Optimal parsing of strings, 1985). A match that is a
// byte shorter costs about the same, and one from farther away may cost less where its distance is common; so at each
// byte the longest match of each code of distances is known, and all of their lengths are tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pil_kmeans {

inline constexpr std::size_t kMostDeflated = std::size_t{1} << 19;  // whose prices fit into 32 bits

// A complete stream. O(bytes * (kChain + n_rounds * kLongestMatch)) at most.
std::vector<std::uint8_t> deflate(std::span<const std::uint8_t> bytes,  // at most kMostDeflated
                                  std::size_t n_rounds);                // of new prices, at least one

}  // namespace pil_kmeans
