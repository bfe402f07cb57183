#include "kernels/png/deflate_prices.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "kernels/base/log2.hpp"

namespace pil_kmeans {
namespace {

constexpr float kDearest = 15;  // bits, of a code of deflate

float log2_of(std::uint64_t x) {
    const int beyond = std::max(0, static_cast<int>(std::bit_width(x)) - 32);
    return static_cast<float>(log2_fixed(static_cast<std::uint32_t>(x >> beyond))) / 65536 + static_cast<float>(beyond);
}

// In quarters, so that what was not used counts as a quarter of a time.
float bits(std::uint64_t count, std::uint64_t total) {
    return std::min(kDearest, log2_of(4 * total) - log2_of(4 * count + 1));
}

}  // namespace

void SymbolCounts::add(const SymbolCounts& other) {
    const auto sum = [](auto& to, const auto& from) {
        std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus<>());
    };
    sum(literals, other.literals);
    sum(lengths, other.lengths);
    sum(distances, other.distances);
}

Prices prices_of(const SymbolCounts& counts) {
    const auto total = [](const auto& of) { return std::accumulate(of.begin(), of.end(), std::uint64_t{0}); };
    const std::uint64_t n_symbols = total(counts.literals) + total(counts.lengths) + (kLiterals + kLengthCodes) / 4;
    const std::uint64_t n_distances = total(counts.distances) + kDistanceCodes / 4;
    Prices prices;
    for (std::size_t i = 0; i < kLiterals; ++i) prices.literals[i] = bits(counts.literals[i], n_symbols);
    prices.lengths.fill(0);
    for (std::size_t length = kShortestMatch; length <= kLongestMatch; ++length) {
        const std::size_t code = length_code(length);
        prices.lengths[length] = bits(counts.lengths[code], n_symbols) + static_cast<float>(length_extra_bits(code));
    }
    for (std::size_t code = 0; code < kDistanceCodes; ++code)
        prices.distances[code] =
            bits(counts.distances[code], n_distances) + static_cast<float>(distance_extra_bits(code));
    return prices;
}

}  // namespace pil_kmeans
