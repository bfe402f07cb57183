// Code lengths that take few bits together with what tells them (RFC 1951, 3.2.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pil_kmeans {

inline constexpr std::size_t kTellingSymbols = 19;  // lengths of 0 to 15, and runs of them
inline constexpr std::uint8_t kRepeat = 16, kZeros = 17, kManyZeros = 18;
inline constexpr std::array<std::uint8_t, 3> kRunExtra{2, 3, 7};  // bits of these
inline constexpr std::size_t kLongestRepeat = 6, kMostFewZeros = 10, kLongestZeros = 138;

// Lengths for which the bits of the data, those that tell the lengths, and a pressure times what they take of the code
// are together the least: a shortest path over all symbols, where the length of the symbol before is known, since runs
// are told in few bits. Symbols that do not occur may have a length, others must.
// O(symbols).
//
// What two codes, one after the other, take of all there is comes near 1 if the pressure is right; it is told as taken.
struct Told {
    std::span<const std::uint64_t> counts;  // IN  of symbols, at least one of which occurs
    double pressure;                        // IN  positive
    std::span<std::uint8_t> lengths;        // OUT 1 to 15, or 0
    double taken = 0;                       // OUT the sum of 2^-length
};

void tell_lengths(Told& first, Told& second, const std::array<float, kTellingSymbols>& prices);  // in bits

}  // namespace pil_kmeans
