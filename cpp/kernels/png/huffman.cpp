#include "kernels/png/huffman.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pil_kmeans {
namespace {

constexpr std::array<std::uint8_t, kTellingSymbols> kRunOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                              11, 4,  12, 3, 13, 2, 14, 1, 15};
constexpr std::size_t kLongestRunCode = 7;
constexpr std::array<std::uint64_t, 5> kTolerances{0, 1, 2, 4, 9};  // of counts that are evened out
constexpr std::size_t kShortestEven = 4;
constexpr std::size_t kTellings = 6;  // rounds of lengths and what tells them
constexpr float kUnusedTelling = 7;   // bits, where nothing is known yet
constexpr std::size_t kSymbolBits = 9;
constexpr int kTold = 3;  // bits
constexpr double kLog2 = 0.6931471805599453;

constexpr std::size_t run_extra_bits(std::uint8_t symbol) { return symbol < kRepeat ? 0 : kRunExtra[symbol - kRepeat]; }

std::uint32_t reversed(std::uint32_t code, std::size_t n) {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < n; ++i) result |= (code >> i & 1) << (n - 1 - i);
    return result;
}

// The canonical code of these lengths, ready to be written.
std::vector<std::uint32_t> codes_of(std::span<const std::uint8_t> lengths) {
    std::array<std::uint32_t, kLongestCode + 2> next{};
    for (const std::uint8_t length : lengths)
        if (length) ++next[length + 1];
    for (std::size_t length = 1; length < next.size(); ++length) next[length] = 2 * (next[length - 1] + next[length]);
    // next[n] counted what is shorter than n, each as often as it takes codes of n bits.
    std::vector<std::uint32_t> codes(lengths.size());
    for (std::size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i]) codes[i] = reversed(next[lengths[i]]++, lengths[i]);
    return codes;
}

// Have neighbours occur equally often that do so within a tolerance.
void even_out(std::span<std::uint64_t> counts, std::uint64_t tolerance) {
    if (!tolerance) return;
    std::size_t n = counts.size();
    while (n && !counts[n - 1]) --n;
    for (std::size_t i = 0; i < n;) {
        std::uint64_t sum = 0;
        std::size_t end = i;
        for (; end < n; ++end) {
            const std::uint64_t mean = end > i ? (sum + (end - i) / 2) / (end - i) : counts[i];
            if (counts[end] > mean + tolerance || mean > counts[end] + tolerance) break;
            sum += counts[end];
        }
        const std::size_t length = end - i;
        if (length >= kShortestEven && sum)
            std::fill_n(counts.begin() + static_cast<std::ptrdiff_t>(i), length,
                        std::max<std::uint64_t>(1, (sum + length / 2) / length));
        i = end;
    }
}

// Code lengths one after the other, and how often each comes.
class Repeats {
  public:
    Repeats(std::span<const std::uint8_t> literals, std::span<const std::uint8_t> distances) {
        add(literals);
        add(distances);
    }

    // Hands over the symbols that tell them, and their extra bits: runs of those of 16, 17 and 18 that are allowed.
    template <typename Add>
    void tell(unsigned allowed, Add add) const {
        const auto may = [=](std::uint8_t symbol) { return allowed >> (symbol - kRepeat) & 1; };
        for (std::size_t i = 0; i < n_; ++i) {
            const std::uint8_t length = lengths_[i];
            std::size_t left = times_[i];
            if (length) add(length, 0), --left;
            while (left) {
                if (!length && left >= 11 && may(kManyZeros)) {
                    const std::size_t n = std::min(left, kLongestZeros);
                    add(kManyZeros, n - 11), left -= n;
                } else if (!length && left >= 3 && may(kZeros)) {
                    const std::size_t n = std::min(left, kMostFewZeros);
                    add(kZeros, n - 3), left -= n;
                } else if (length && left >= 3 && may(kRepeat)) {
                    const std::size_t n = std::min<std::size_t>(left, left > 6 && left < 9 ? left - 3 : 6);
                    add(kRepeat, n - 3), left -= n;
                } else {
                    add(length, 0), --left;
                }
            }
        }
    }

  private:
    void add(std::span<const std::uint8_t> lengths) {
        for (const std::uint8_t length : lengths)
            if (n_ && lengths_[n_ - 1] == length) {
                ++times_[n_ - 1];
            } else {
                lengths_[n_] = length, times_[n_++] = 1;
            }
    }

    std::array<std::uint8_t, kLiteralCodes + kDistanceCodes> lengths_;
    std::array<std::uint16_t, kLiteralCodes + kDistanceCodes> times_;
    std::size_t n_ = 0;
};

}  // namespace

void code_lengths(std::span<const std::uint64_t> counts, std::size_t longest, std::span<std::uint8_t> lengths) {
    std::fill(lengths.begin(), lengths.end(), std::uint8_t{0});
    std::array<std::uint64_t, kLiteralCodes> used;  // counts, and symbols in the lowest bits: equal ones in their order
    std::size_t n = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i]) used[n++] = counts[i] << kSymbolBits | i;
    for (std::size_t i = 0; n < 2; ++i)
        if (!counts[i]) used[n++] = i;
    std::sort(used.begin(), used.begin() + static_cast<std::ptrdiff_t>(n));
    const auto symbol = [&](std::size_t i) { return used[i] & ((std::size_t{1} << kSymbolBits) - 1); };
    // Two queues: leaves, and the sums of two, which come in ascending order by themselves.
    std::array<std::uint64_t, 2 * kLiteralCodes> weights{};
    std::array<std::uint16_t, 2 * kLiteralCodes> parent, depths;
    for (std::size_t i = 0; i < n; ++i) weights[i] = counts[symbol(i)];
    std::size_t leaf = 0, inner = n;
    for (std::size_t made = n; made < 2 * n - 1; ++made)
        for (int child = 0; child < 2; ++child) {
            const bool takes_leaf = leaf < n && (inner == made || weights[leaf] <= weights[inner]);
            const std::size_t least = takes_leaf ? leaf++ : inner++;
            weights[made] += weights[least];
            parent[least] = static_cast<std::uint16_t>(made);
        }
    std::array<std::size_t, kLongestCode + 1> of_depth{};
    depths[2 * n - 2] = 0;
    for (std::size_t node = 2 * n - 2; node-- > 0;) {
        depths[node] = static_cast<std::uint16_t>(depths[parent[node]] + 1);
        if (node < n) ++of_depth[std::min<std::size_t>(depths[node], longest)];
    }
    // What was cut takes more than there is: symbols above go down until all fit, and others up where room is left,
    // since all of it has to be taken.
    const std::size_t room = std::size_t{1} << longest;
    std::size_t taken = 0;
    for (std::size_t depth = 1; depth <= longest; ++depth) taken += of_depth[depth] << (longest - depth);
    while (taken > room) {
        std::size_t depth = longest - 1;
        while (!of_depth[depth]) --depth;
        --of_depth[depth], ++of_depth[depth + 1];
        taken -= std::size_t{1} << (longest - depth - 1);
    }
    for (std::size_t depth = 2; depth <= longest; ++depth)
        for (const std::size_t more = std::size_t{1} << (longest - depth); of_depth[depth] && taken + more <= room;) {
            --of_depth[depth], ++of_depth[depth - 1];
            taken += more;
        }
    std::size_t i = 0;
    for (std::size_t depth = longest; depth > 0; --depth)
        for (std::size_t left = of_depth[depth]; left > 0; --left)
            lengths[symbol(i++)] = static_cast<std::uint8_t>(depth);
}

SymbolCounts counts_of(std::span<const Symbol> symbols) {
    SymbolCounts counts;
    for (const Symbol& symbol : symbols) {
        if (symbol.distance) {
            ++counts.lengths[length_code(symbol.length)];
            ++counts.distances[distance_code(symbol.distance)];
        } else {
            ++counts.literals[symbol.length];
        }
    }
    return counts;
}

std::size_t Block::data_bits(const SymbolCounts& counts, const Lengths& lengths) const {
    std::size_t n = lengths.literals[kEndOfBlock];
    for (std::size_t i = 0; i < kLiterals; ++i) n += counts.literals[i] * lengths.literals[i];
    for (std::size_t i = 0; i < kLengthCodes; ++i)
        n += counts.lengths[i] * (lengths.literals[kFirstLength + i] + length_extra_bits(i));
    for (std::size_t i = 0; i < kDistanceCodes; ++i)
        n += counts.distances[i] * (lengths.distances[i] + distance_extra_bits(i));
    return n;
}

Block::Block(const SymbolCounts& counts, bool thorough) {
    std::array<std::uint64_t, kLiteralCodes> of_literals{};
    std::copy(counts.literals.begin(), counts.literals.end(), of_literals.begin());
    of_literals[kEndOfBlock] = 1;
    std::copy(counts.lengths.begin(), counts.lengths.end(), of_literals.begin() + kFirstLength);
    for (const std::uint64_t tolerance : kTolerances) {
        auto literals = of_literals;
        auto distances = counts.distances;
        even_out(literals, tolerance);
        even_out(distances, tolerance);
        Lengths lengths;
        code_lengths(literals, kLongestCode, std::span(lengths.literals).first(kLiteralCodes));
        code_lengths(distances, kLongestCode, lengths.distances);
        try_lengths(lengths, data_bits(counts, lengths));
    }
    if (thorough) try_cheapest(counts, of_literals);
    Lengths fixed;
    for (std::size_t i = 0; i < fixed.literals.size(); ++i)
        fixed.literals[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    fixed.distances.fill(5);
    const std::size_t n_fixed = 3 + data_bits(counts, fixed);
    if (n_fixed <= n_bits_) is_fixed_ = true, n_bits_ = n_fixed, lengths_ = fixed;
}

// Lengths for what they are told in, which in turn tells what telling costs, some times.
void Block::try_cheapest(const SymbolCounts& counts, std::span<const std::uint64_t> of_literals) {
    std::array<std::uint64_t, kDistanceCodes> of_distances = counts.distances;
    std::size_t n_used =
        kDistanceCodes - static_cast<std::size_t>(std::count(of_distances.begin(), of_distances.end(), 0u));
    for (std::size_t i = 0; n_used < 2; ++i)
        if (!of_distances[i]) of_distances[i] = 1, ++n_used;
    const auto total = [](const auto& of) {
        return static_cast<double>(std::accumulate(of.begin(), of.end(), std::uint64_t{0}));
    };
    Lengths found;
    Told literals{of_literals, total(of_literals) / kLog2, std::span(found.literals).first(kLiteralCodes)};
    Told distances{of_distances, total(of_distances) / kLog2, found.distances};
    std::array<float, kTellingSymbols> prices;
    for (std::size_t i = 0; i < prices.size(); ++i)
        prices[i] = run_lengths_[i] ? static_cast<float>(run_lengths_[i]) : kUnusedTelling;
    for (std::size_t round = 0; round < kTellings; ++round) {
        tell_lengths(literals, distances, prices);
        // What is left of the code, or missing, is shared by those that have the same length, neighbours first.
        Lengths lengths;
        const auto complete = [](std::span<const std::uint8_t> of, std::span<std::uint8_t> made) {
            std::array<std::uint64_t, kLiteralCodes> shares{};
            for (std::size_t i = 0; i < of.size(); ++i)
                shares[i] = of[i] ? std::uint64_t{1} << (kLongestCode - of[i]) : 0;
            code_lengths(std::span(shares).first(of.size()), kLongestCode, made);
        };
        complete(literals.lengths, std::span(lengths.literals).first(kLiteralCodes));
        complete(distances.lengths, lengths.distances);
        const auto telling = try_lengths(lengths, data_bits(counts, lengths));
        for (std::size_t i = 0; i < prices.size(); ++i)
            prices[i] = telling[i] ? static_cast<float>(telling[i]) : kUnusedTelling;
        literals.pressure *= literals.taken, distances.pressure *= distances.taken;
    }
}

// Take these codes if they make the block smaller; return the lengths of the code that tells them.
Block::Telling Block::try_lengths(const Lengths& lengths, std::size_t n_data_bits) {
    const auto until_last = [](const auto& of, std::size_t least) {
        std::size_t n = of.size();
        while (n > least && !of[n - 1]) --n;
        return n;
    };
    const std::size_t n_literals = until_last(lengths.literals, kFirstLength);
    const std::size_t n_distances = until_last(lengths.distances, 1);
    const Repeats repeats(std::span(lengths.literals).first(n_literals),
                          std::span(lengths.distances).first(n_distances));
    Telling best{};
    std::size_t least = ~std::size_t{0};
    for (unsigned allowed = 0; allowed < 8; ++allowed) {
        std::array<std::uint64_t, kTellingSymbols> run_counts{};
        repeats.tell(allowed, [&](std::uint8_t symbol, std::size_t) { ++run_counts[symbol]; });
        Telling run_lengths{};
        code_lengths(run_counts, kLongestRunCode, run_lengths);
        std::size_t n_run_lengths = kTellingSymbols;
        while (n_run_lengths > 4 && !run_lengths[kRunOrder[n_run_lengths - 1]]) --n_run_lengths;
        std::size_t n = 3 + 14 + 3 * n_run_lengths + n_data_bits;
        for (std::uint8_t symbol = 0; symbol < kTellingSymbols; ++symbol)
            n += run_counts[symbol] * (run_lengths[symbol] + run_extra_bits(symbol));
        if (n < least) least = n, best = run_lengths;
        if (n >= n_bits_) continue;
        n_bits_ = n, lengths_ = lengths, n_literals_ = n_literals, n_distances_ = n_distances;
        allowed_ = allowed, run_lengths_ = run_lengths, n_run_lengths_ = n_run_lengths;
    }
    return best;
}

Prices Block::prices() const {
    const auto price = [](std::span<const std::uint8_t> of) {
        const std::uint8_t longest = *std::max_element(of.begin(), of.end());
        return [of, longest](std::size_t i) { return static_cast<float>(of[i] ? of[i] : longest + kTold); };
    };
    const auto literal = price(lengths_.literals), distance = price(lengths_.distances);
    Prices prices;
    for (std::size_t i = 0; i < kLiterals; ++i) prices.literals[i] = literal(i);
    prices.lengths.fill(0);
    for (std::size_t length = kShortestMatch; length <= kLongestMatch; ++length) {
        const std::size_t code = length_code(length);
        prices.lengths[length] = literal(kFirstLength + code) + static_cast<float>(length_extra_bits(code));
    }
    for (std::size_t code = 0; code < kDistanceCodes; ++code)
        prices.distances[code] = distance(code) + static_cast<float>(distance_extra_bits(code));
    return prices;
}

void Block::write_header(BitWriter& out) const {
    out.put(static_cast<std::uint32_t>(n_literals_ - kFirstLength), 5);
    out.put(static_cast<std::uint32_t>(n_distances_ - 1), 5);
    out.put(static_cast<std::uint32_t>(n_run_lengths_ - 4), 4);
    for (std::size_t i = 0; i < n_run_lengths_; ++i) out.put(run_lengths_[kRunOrder[i]], 3);
    const auto codes = codes_of(run_lengths_);
    const Repeats repeats(std::span(lengths_.literals).first(n_literals_),
                          std::span(lengths_.distances).first(n_distances_));
    repeats.tell(allowed_, [&](std::uint8_t symbol, std::size_t extra) {
        out.put(codes[symbol], run_lengths_[symbol]);
        out.put(static_cast<std::uint32_t>(extra), run_extra_bits(symbol));
    });
}

void Block::write(std::span<const Symbol> symbols, bool is_last, BitWriter& out) const {
    out.put(is_last, 1);
    out.put(is_fixed_ ? 1 : 2, 2);
    if (!is_fixed_) write_header(out);
    const auto literals = codes_of(lengths_.literals), distances = codes_of(lengths_.distances);
    // Extra bits say how far a length or distance is beyond the first of its code.
    const auto put_extra = [&](std::size_t value, std::size_t n) {
        out.put(static_cast<std::uint32_t>(value & ((std::size_t{1} << n) - 1)), n);
    };
    for (const Symbol& symbol : symbols) {
        if (!symbol.distance) {
            out.put(literals[symbol.length], lengths_.literals[symbol.length]);
            continue;
        }
        const std::size_t length = length_code(symbol.length), distance = distance_code(symbol.distance);
        out.put(literals[kFirstLength + length], lengths_.literals[kFirstLength + length]);
        put_extra(symbol.length - kShortestMatch, length_extra_bits(length));
        out.put(distances[distance], lengths_.distances[distance]);
        put_extra(symbol.distance - 1u, distance_extra_bits(distance));
    }
    out.put(literals[kEndOfBlock], lengths_.literals[kEndOfBlock]);
}

}  // namespace pil_kmeans
