#include "kernels/png/deflate_join.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "kernels/png/deflate_prices.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kLongestCode = 15, kQuickBits = 10;
constexpr std::size_t kSymbols = 286, kEndOfBlock = 256;  // of literals, the end, and lengths

[[noreturn]] void fail() { throw std::invalid_argument("not a complete stream of deflate"); }

// Bits, the lowest of a byte first.
class Bits {
  public:
    explicit Bits(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::size_t at() const { return at_; }

    // Up to 16 of the next bits, zeros beyond the end.
    std::uint32_t peek(std::size_t n) const {
        std::uint32_t word = 0;
        for (std::size_t i = 0; i < 3 && at_ / 8 + i < bytes_.size(); ++i)
            word |= std::uint32_t{bytes_[at_ / 8 + i]} << (8 * i);
        return word >> at_ % 8 & ((1u << n) - 1);
    }

    void skip(std::size_t n) {
        at_ += n;
        if (at_ > 8 * bytes_.size()) fail();
    }

    std::uint32_t take(std::size_t n) {
        const std::uint32_t bits = peek(n);
        skip(n);
        return bits;
    }

    void to_byte() { skip((8 - at_ % 8) % 8); }

  private:
    const std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

// A canonical Huffman code (RFC 1951, 3.2.2).
class Code {
  public:
    explicit Code(std::span<const std::uint8_t> lengths) {
        for (const std::uint8_t length : lengths) ++counts_[length];
        counts_[0] = 0;
        std::array<std::size_t, kLongestCode + 2> offsets{};
        std::uint32_t left = 1;  // codes not given yet
        for (std::size_t length = 1; length <= kLongestCode; ++length) {
            left = 2 * left;
            if (counts_[length] > left) fail();
            left -= counts_[length];
            offsets[length + 1] = offsets[length] + counts_[length];
        }
        for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
            if (lengths[symbol]) symbols_[offsets[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
        for (std::uint32_t bits = 0; bits < quick_.size(); ++bits) quick_[bits] = find(bits, kQuickBits);
    }

    std::size_t take(Bits& bits) const {
        Found found = quick_[bits.peek(kQuickBits)];
        if (!found.length) found = find(bits.peek(kLongestCode), kLongestCode);
        if (!found.length) fail();
        bits.skip(found.length);
        return found.symbol;
    }

  private:
    struct Found {
        std::uint16_t symbol = 0, length = 0;  // 0 for none
    };

    // The symbol whose code begins these bits.
    Found find(std::uint32_t bits, std::size_t n_bits) const {
        std::uint32_t code = 0, first = 0;
        std::size_t index = 0;
        for (std::size_t length = 1; length <= n_bits; ++length, bits >>= 1) {
            code = code << 1 | (bits & 1);
            first <<= 1;
            if (code - first < counts_[length])
                return {symbols_[index + code - first], static_cast<std::uint16_t>(length)};
            index += counts_[length];
            first += counts_[length];
        }
        return {};
    }

    std::array<std::uint32_t, kLongestCode + 1> counts_{};  // of codes of each length
    std::array<std::uint16_t, kSymbols + 2> symbols_{};     // by their codes
    std::array<Found, std::size_t{1} << kQuickBits> quick_;
};

void skip_symbols(Bits& bits, const Code& literals, const Code& distances) {
    for (;;) {
        const std::size_t symbol = literals.take(bits);
        if (symbol < kEndOfBlock) continue;
        if (symbol == kEndOfBlock) return;
        const std::size_t length = symbol - kEndOfBlock - 1;
        if (length >= kLengthCodes) fail();
        bits.skip(length_extra_bits(length));
        const std::size_t distance = distances.take(bits);
        if (distance >= kDistanceCodes) fail();
        bits.skip(distance_extra_bits(distance));
    }
}

void skip_stored(Bits& bits) {
    bits.to_byte();
    const std::uint32_t length = bits.take(16), complement = bits.take(16);
    if ((length ^ complement) != 0xffff) fail();
    bits.skip(8 * std::size_t{length});
}

void skip_fixed(Bits& bits) {
    std::array<std::uint8_t, 288> literals;
    std::fill(literals.begin(), literals.begin() + 144, std::uint8_t{8});
    std::fill(literals.begin() + 144, literals.begin() + 256, std::uint8_t{9});
    std::fill(literals.begin() + 256, literals.begin() + 280, std::uint8_t{7});
    std::fill(literals.begin() + 280, literals.end(), std::uint8_t{8});
    std::array<std::uint8_t, kDistanceCodes> distances;
    distances.fill(5);
    skip_symbols(bits, Code(literals), Code(distances));
}

void skip_dynamic(Bits& bits) {
    constexpr std::size_t kOrder[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const std::size_t n_literals = 257 + bits.take(5), n_distances = 1 + bits.take(5), n_lengths = 4 + bits.take(4);
    std::array<std::uint8_t, 19> of_lengths{};
    for (std::size_t i = 0; i < n_lengths; ++i) of_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.take(3));
    const Code code(of_lengths);
    std::array<std::uint8_t, 288 + 32> lengths{};
    const std::size_t n = n_literals + n_distances;
    if (n_literals > kSymbols) fail();
    for (std::size_t i = 0; i < n;) {
        const std::size_t symbol = code.take(bits);
        if (symbol < 16) {
            lengths[i++] = static_cast<std::uint8_t>(symbol);
            continue;
        }
        if (symbol == 16 && i == 0) fail();
        const std::uint8_t repeated = symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
        const std::size_t times = symbol == 16 ? 3 + bits.take(2) : symbol == 17 ? 3 + bits.take(3) : 11 + bits.take(7);
        if (times > n - i) fail();
        std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), times, repeated);
        i += times;
    }
    const std::span<const std::uint8_t> all(lengths);
    skip_symbols(bits, Code(all.first(n_literals)), Code(all.subspan(n_literals, n_distances)));
}

}  // namespace

LastBlock last_block(std::span<const std::uint8_t> stream) {
    Bits bits(stream);
    bool has_stored = false;
    for (;;) {
        const std::size_t begin = bits.at();
        const bool is_last = bits.take(1);
        switch (bits.take(2)) {
            case 0:
                skip_stored(bits), has_stored = true;
                break;
            case 1:
                skip_fixed(bits);
                break;
            case 2:
                skip_dynamic(bits);
                break;
            default:
                fail();
        }
        if (is_last) return {begin, bits.at(), has_stored};
    }
}

constexpr std::size_t kEmptyBlock = 48;  // bits at most

Joined join_streams(const std::vector<std::span<const std::uint8_t>>& streams, const std::vector<LastBlock>& blocks,
                    std::uint8_t begun, std::size_t n_bits, bool ends) {
    std::size_t at = n_bits;
    for (const LastBlock& block : blocks) n_bits += block.end + kEmptyBlock;
    std::vector<std::uint8_t> joined(n_bits / 8 + 2);
    joined[0] = static_cast<std::uint8_t>(begun & ((1u << at) - 1));
    for (std::size_t i = 0; i < streams.size(); ++i) {
        if (blocks[i].has_stored && at % 8) {  // an empty stored block, whose length and complement begin at a byte
            at = (at + 3 + 7) / 8 * 8;
            joined[at / 8 + 2] = joined[at / 8 + 3] = 0xff;
            at += 32;
        }
        const std::size_t shift = at % 8, end = blocks[i].end;
        std::uint8_t* const to = joined.data() + at / 8;
        for (std::size_t j = 0; 8 * j < end; ++j) {
            std::uint32_t byte = streams[i][j];
            if (end - 8 * j < 8) byte &= (1u << (end - 8 * j)) - 1;
            if (!(ends && i + 1 == streams.size()) && blocks[i].begin / 8 == j) byte &= ~(1u << blocks[i].begin % 8);
            byte <<= shift;
            to[j] = static_cast<std::uint8_t>(to[j] | byte);
            to[j + 1] = static_cast<std::uint8_t>(byte >> 8);
        }
        at += end;
    }
    joined.resize((at + 7) / 8);
    return {std::move(joined), at % 8};
}

}  // namespace pil_kmeans
