// What deflate's symbols cost (RFC 1951, 3.2.5), from how often they are used.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

inline constexpr std::size_t kShortestMatch = 3, kLongestMatch = 258;
inline constexpr std::size_t kLiterals = 256, kLengthCodes = 29, kDistanceCodes = 30;
inline constexpr std::size_t kWindow = 32768;  // how far back a match may reach

// 0 to 28, of a length from 3 to 258.
constexpr std::size_t length_code(std::size_t length) {
    if (length == kLongestMatch) return 28;
    const std::size_t over = length - kShortestMatch;
    if (over < 8) return over;
    const auto extra = static_cast<std::size_t>(std::bit_width(over)) - 3;
    return 4 * extra + (over >> extra);
}

// 0 to 29, of a distance from 1 to 32768.
inline std::size_t distance_code(std::size_t distance) {
    const std::size_t over = distance - 1;
    if (over < 4) return over;
    const auto extra = static_cast<std::size_t>(std::bit_width(over)) - 2;
    return 2 * extra + (over >> extra);
}

inline std::size_t length_extra_bits(std::size_t code) { return code < 8 || code == 28 ? 0 : code / 4 - 1; }

inline std::size_t distance_extra_bits(std::size_t code) { return code < 4 ? 0 : code / 2 - 1; }

struct SymbolCounts {
    std::array<std::uint64_t, kLiterals> literals{};
    std::array<std::uint64_t, kLengthCodes> lengths{};
    std::array<std::uint64_t, kDistanceCodes> distances{};

    void add(const SymbolCounts& other);
    bool operator==(const SymbolCounts&) const = default;
};

// In bits, extra bits included.
struct Prices {
    std::array<float, kLiterals> literals;
    std::array<float, kLongestMatch + 1> lengths;  // from 3
    std::array<float, kDistanceCodes> distances;
};

// Prices of a Huffman code made for these counts; those of symbols that were not used are high, but not without bounds.
Prices prices_of(const SymbolCounts& counts);

}  // namespace pil_kmeans
