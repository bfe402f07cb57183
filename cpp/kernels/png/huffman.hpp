// Huffman codes of limited length, and blocks of deflate that are written with them (RFC 1951, 3.2.2 to 3.2.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/png/deflate_prices.hpp"
#include "kernels/png/told_lengths.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kLongestCode = 15;
inline constexpr std::size_t kEndOfBlock = kLiterals;
inline constexpr std::size_t kFirstLength = kLiterals + 1;
inline constexpr std::size_t kLiteralCodes = kFirstLength + kLengthCodes;

// Bits for each symbol, 0 for those that do not occur; at least two have some, as old readers want it.
void code_lengths(std::span<const std::uint64_t> counts,  // IN
                  std::size_t longest,
                  std::span<std::uint8_t> lengths);  // OUT

// Literals have a distance of 0 and the byte as length.
struct Symbol {
    std::uint16_t length, distance;
};

SymbolCounts counts_of(std::span<const Symbol> symbols);

// Bits, the lowest of a byte first.
class BitWriter {
  public:
    void put(std::uint32_t bits, std::size_t n) {
        held_ |= std::uint64_t{bits} << n_held_;
        n_held_ += n;
        if (n_held_ >= kAtOnce) write(kAtOnce / 8);
    }
    void to_byte() {
        if (n_held_ % 8) put(0, 8 - n_held_ % 8);
    }
    std::size_t n_bits() const { return 8 * bytes_.size() + n_held_; }
    std::vector<std::uint8_t> take() {
        to_byte();
        write(n_held_ / 8);
        return std::move(bytes_);
    }

  private:
    static constexpr std::size_t kAtOnce = 32;

    void write(std::size_t n_bytes) {
        std::array<std::uint8_t, sizeof held_> bytes;
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(held_ >> (8 * i));
        bytes_.insert(bytes_.end(), bytes.data(), bytes.data() + n_bytes);
        held_ = n_bytes == bytes.size() ? 0 : held_ >> (8 * n_bytes);
        n_held_ -= 8 * n_bytes;
    }

    std::vector<std::uint8_t> bytes_;
    std::uint64_t held_ = 0;
    std::size_t n_held_ = 0;
};

// A block with codes of its own, or the fixed ones if these take fewer bits. Codes that are alike take fewer bits to
// tell, so that those are tried, too, which are made as if neighbours occurred equally often; if it is `thorough` also
// those that take fewest bits together with what tells them.
class Block {
  public:
    Block(const SymbolCounts& counts, bool thorough);

    std::size_t n_bits() const { return n_bits_; }
    // What the codes cost; what has none costs some bits more than the longest of them, for a code needs to be told.
    Prices prices() const;
    void write(std::span<const Symbol> symbols, bool is_last, BitWriter& out) const;

  private:
    using Telling = std::array<std::uint8_t, kTellingSymbols>;
    struct Lengths {
        std::array<std::uint8_t, kLiteralCodes + 2> literals{};  // the fixed code has two more
        std::array<std::uint8_t, kDistanceCodes> distances{};
    };

    void write_header(BitWriter& out) const;
    Telling try_lengths(const Lengths& lengths, std::size_t n_data_bits);
    void try_cheapest(const SymbolCounts& counts, std::span<const std::uint64_t> of_literals);
    std::size_t data_bits(const SymbolCounts& counts, const Lengths& lengths) const;

    Lengths lengths_;
    std::size_t n_literals_ = 0, n_distances_ = 0, n_run_lengths_ = 0;
    unsigned allowed_ = 0;  // runs of lengths
    Telling run_lengths_{};
    bool is_fixed_ = false;
    std::size_t n_bits_ = ~std::size_t{0};
};

}  // namespace pil_kmeans
