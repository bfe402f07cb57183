#include "kernels/png/deflate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>

#include "kernels/base/buffer.hpp"
#include "kernels/base/eight_bytes.hpp"
#include "kernels/png/deflate_prices.hpp"
#include "kernels/png/huffman.hpp"

namespace pil_kmeans {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Symbols = std::vector<Symbol>;

constexpr std::size_t kHashBits = 15, kChain = 64;
constexpr std::size_t kPixel = 4;
constexpr unsigned kMostRepeats = 255;    // bytes
constexpr std::size_t kEveryLength = 48;  // up to which each is tried; then the longest of each code
constexpr std::size_t kMostStored = 65535;
constexpr std::size_t kSplits = 24;         // places for a new block that are looked at
constexpr std::size_t kLeastInBlock = 128;  // symbols
constexpr std::size_t kUntilCut = 1;        // rounds, before blocks are looked for
constexpr std::uint32_t kUnit = 256;        // of a bit, that prices are counted in
constexpr std::size_t kPatience = 4;        // rounds in a row that find nothing, which are the last
constexpr std::size_t kAveragedFrom = 3;    // round, from which new counts are mixed with those before

struct Match {
    std::uint16_t length, distance;
};

// The longest match at each byte for each code of distances, the nearest of equals: of as many places as are looked at,
// the nearest that begin alike. Where bytes repeat themselves, as those of pixels of one colour do, very many places
// begin alike; so others are looked at besides, in which the repeats end after as many bytes, and matches may go on.
class Matches {
  public:
    explicit Matches(Bytes bytes) : starts_(bytes.size() + 1) {
        const std::size_t n = bytes.size();
        std::vector<std::uint8_t> repeats(n);  // how many bytes that follow repeat the pixel before
        for (std::size_t i = n; i-- > 0;)
            if (i + kPixel < n && bytes[i] == bytes[i + kPixel])
                repeats[i] = static_cast<std::uint8_t>(std::min(kMostRepeats, i + 1 < n ? repeats[i + 1] + 1u : 1u));
        Chains alike(n), ending_alike(n);
        std::array<Match, kDistanceCodes> found;
        for (std::size_t i = 0; i < n; ++i) {
            starts_[i] = matches_.size();
            if (n - i < kShortestMatch) continue;
            const std::size_t most = std::min(kLongestMatch, n - i);
            found.fill({0, 0});
            const auto look_at = [&](std::size_t at) {
                const std::size_t distance = i - at;
                Match& best = found[distance_code(distance)];
                const std::uint8_t* const there = &bytes[at];
                if (best.length && there[best.length] != bytes[i + best.length]) return false;
                const std::size_t length = common(there, &bytes[i], most);
                if (length >= kShortestMatch && length > best.length)
                    best = {static_cast<std::uint16_t>(length), static_cast<std::uint16_t>(distance)};
                return length == most;
            };
            const std::uint32_t three = bytes[i] | std::uint32_t{bytes[i + 1]} << 8 | std::uint32_t{bytes[i + 2]} << 16;
            const bool is_longest = alike.each(i, hash(three), look_at);
            const std::uint32_t four = three | (n - i > 3 ? std::uint32_t{bytes[i + 3]} << 24 : 0u);
            ending_alike.each(i, hash(four + repeats[i] * 0x9e3779b1u),
                              [&](std::size_t at) { return is_longest || look_at(at); });
            for (const Match& match : found)
                if (match.length) matches_.push_back(match);
        }
        starts_[n] = matches_.size();
    }

    std::span<const Match> at(std::size_t i) const {
        return std::span(matches_).subspan(starts_[i], starts_[i + 1] - starts_[i]);
    }

  private:
    // Places by a hash, from the newest on.
    class Chains {
      public:
        explicit Chains(std::size_t n) : newest_(std::size_t{1} << kHashBits, kNone), before_(n) {}

        // Looks at some of those in a place's chain until told to stop, and adds it; whether it was told.
        template <typename LookAt>
        bool each(std::size_t i, std::size_t hash, LookAt look_at) {
            std::uint32_t at = newest_[hash];
            before_[i] = at, newest_[hash] = static_cast<std::uint32_t>(i);
            for (std::size_t tried = 0; at != kNone && i - at <= kWindow && tried < kChain; ++tried, at = before_[at])
                if (look_at(at)) return true;
            return false;
        }

      private:
        static constexpr std::uint32_t kNone = ~std::uint32_t{0};
        std::vector<std::uint32_t> newest_, before_;
    };

    static std::size_t hash(std::uint32_t x) { return x * 2654435761u >> (32 - kHashBits); }

    static std::size_t common(const std::uint8_t* a, const std::uint8_t* b, std::size_t most) {
        std::size_t n = 0;
        for (; n + sizeof(std::uint64_t) <= most; n += sizeof(std::uint64_t))
            if (const std::uint64_t different = eight_bytes(a + n) ^ eight_bytes(b + n))
                return n + static_cast<std::size_t>(std::countr_zero(different)) / 8;
        while (n < most && a[n] == b[n]) ++n;
        return n;
    }

    std::vector<std::size_t> starts_;
    std::vector<Match> matches_{};
};

// The length to be tried after each: the next, and of long ones the longest of the next code.
constexpr auto kNextLength = [] {
    std::array<std::uint16_t, kLongestMatch + 1> next{};
    for (std::size_t length = 0; length < kLongestMatch; ++length) {
        std::size_t longest = length + 1;
        while (length >= kEveryLength && longest < kLongestMatch && length_code(longest + 1) == length_code(length + 1))
            ++longest;
        next[length] = static_cast<std::uint16_t>(longest);
    }
    return next;
}();

// The cheapest cut of a part of the bytes.
Symbols cheapest(Bytes bytes, const Matches& matches, std::size_t begin, std::size_t end, const Prices& prices) {
    const auto in_units = [](float price) { return static_cast<std::uint32_t>(price * kUnit + 0.5f); };
    std::array<std::uint32_t, kLiterals> literals;
    std::array<std::uint32_t, kLongestMatch + 1> lengths{};
    std::array<std::uint32_t, kDistanceCodes> distances;
    std::transform(prices.literals.begin(), prices.literals.end(), literals.begin(), in_units);
    for (std::size_t i = kShortestMatch; i <= kLongestMatch; ++i) lengths[i] = in_units(prices.lengths[i]);
    std::transform(prices.distances.begin(), prices.distances.end(), distances.begin(), in_units);

    // Of what ends before each byte; the last symbol as (length, distance).
    const std::size_t n = end - begin;
    std::vector<std::uint32_t> cost(n + 1, std::numeric_limits<std::uint32_t>::max()), last(n + 1);
    cost[0] = 0;
    std::array<std::pair<std::uint32_t, Match>, kDistanceCodes> by_price;
    for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t* const cost_from = &cost[i];
        std::uint32_t* const last_from = &last[i];
        const std::uint8_t byte = bytes[begin + i];
        if (const std::uint32_t price = *cost_from + literals[byte]; price < cost_from[1])
            cost_from[1] = price, last_from[1] = std::uint32_t{byte} << 16;
        std::size_t n_found = 0;
        for (const Match& match : matches.at(begin + i))
            by_price[n_found++] = {distances[distance_code(match.distance)], match};
        std::sort(by_price.begin(), by_price.begin() + static_cast<std::ptrdiff_t>(n_found),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        std::size_t length = kShortestMatch;  // those below are reached by a cheaper distance
        for (std::size_t m = 0; m < n_found; ++m) {
            const auto& [price, match] = by_price[m];
            const std::uint32_t so_far = *cost_from + price, distance = match.distance;
            const auto reach = [&](std::size_t to) {  // without branches, several at once
                const std::uint32_t found = so_far + lengths[to];
                const bool is_cheaper = found < cost_from[to];
                cost_from[to] = is_cheaper ? found : cost_from[to];
                last_from[to] = is_cheaper ? static_cast<std::uint32_t>(to) << 16 | distance : last_from[to];
            };
            const std::size_t most = std::min<std::size_t>(match.length, n - i);
            for (const std::size_t to = std::min(most, kEveryLength); length <= to; ++length) reach(length);
            for (; length <= most;
                 length = length == most ? most + 1 : std::min<std::size_t>(most, kNextLength[length]))
                reach(length);
        }
    }
    Symbols symbols;
    for (std::size_t i = n; i > 0;) {
        symbols.push_back({static_cast<std::uint16_t>(last[i] >> 16), static_cast<std::uint16_t>(last[i])});
        i -= symbols.back().distance ? symbols.back().length : 1u;
    }
    std::reverse(symbols.begin(), symbols.end());
    return symbols;
}

// Counts to begin with: bytes as they are there, many of them in matches, which are as likely as literals.
SymbolCounts first_counts(Bytes bytes) {
    SymbolCounts counts;
    for (const std::uint8_t byte : bytes) ++counts.literals[byte];
    for (auto& count : counts.literals) count = (count + 3) / 4;
    counts.lengths.fill(bytes.size() / 64 + 1);
    counts.distances.fill(1);
    return counts;
}

// Looks for the smallest block of a part, over rounds of prices that the cut before has told.
class Search {
  public:
    Search(Bytes bytes, const Matches& matches, std::size_t begin, std::size_t end, const SymbolCounts& first)
        : bytes_(bytes), matches_(matches), begin_(begin), end_(end), counts_(first), prices_(prices_of(first)) {}

    void run(std::size_t n_rounds) {
        for (; round_ < n_rounds; ++round_) {
            Symbols symbols = cheapest(bytes_, matches_, begin_, end_, prices_);
            if (const SymbolCounts now = counts_of(symbols); !block_ || now != found_) {  // few are often cut the same
                found_ = now;
                block_.emplace(found_, true);
            }
            if (block_->n_bits() < n_bits) best = std::move(symbols), n_bits = block_->n_bits(), found_in_ = round_;
            if (round_ == found_in_ + kPatience) break;
            if (round_ % 2) {
                prices_ = block_->prices();
                continue;
            }
            if (round_ < kAveragedFrom) {
                counts_ = found_;
            } else {
                counts_.add(found_);
            }
            prices_ = prices_of(counts_);
        }
    }

    Symbols best{};
    std::size_t n_bits = std::numeric_limits<std::size_t>::max();

  private:
    Bytes bytes_;
    const Matches& matches_;
    std::size_t begin_, end_, round_ = 0, found_in_ = 0;
    SymbolCounts counts_, found_{};
    Prices prices_;
    std::optional<Block> block_{};
};

// Cut symbols in two as often as that makes blocks smaller; the ends of the parts, in symbols.
void split(std::span<const Symbol> symbols, std::size_t offset, std::vector<std::size_t>& ends) {
    const std::size_t n = symbols.size();
    const std::size_t whole = Block(counts_of(symbols), false).n_bits();
    std::size_t best = whole, at = 0;
    for (std::size_t i = 1; i < kSplits && n >= 2 * kLeastInBlock; ++i) {
        const std::size_t place = n * i / kSplits;
        if (place < kLeastInBlock || n - place < kLeastInBlock) continue;
        const std::size_t n_bits = Block(counts_of(symbols.first(place)), false).n_bits() +
                                   Block(counts_of(symbols.subspan(place)), false).n_bits();
        if (n_bits < best) best = n_bits, at = place;
    }
    if (at) {
        split(symbols.first(at), offset, ends);
        split(symbols.subspan(at), offset + at, ends);
    } else {
        ends.push_back(offset + n);
    }
}

std::size_t stored_bits(std::size_t n_bytes) { return 8 * n_bytes + 42 * (n_bytes / kMostStored + 1); }

void write_stored(Bytes bytes, BitWriter& out) {
    for (std::size_t i = 0; i == 0 || i < bytes.size();) {
        const std::size_t n = std::min(kMostStored, bytes.size() - i);
        out.put(i + n == bytes.size(), 1);
        out.put(0, 2);
        out.to_byte();
        out.put(static_cast<std::uint32_t>(n), 16);
        out.put(static_cast<std::uint32_t>(~n & 0xffff), 16);
        for (std::size_t j = 0; j < n; ++j) out.put(bytes[i + j], 8);
        i += std::max<std::size_t>(n, 1);
    }
}

}  // namespace

std::vector<std::uint8_t> deflate(Bytes bytes, std::size_t n_rounds) {
    BitWriter out;
    if (bytes.empty()) {
        write_stored(bytes, out);
        return out.take();
    }
    const Matches matches(bytes);
    Search whole(bytes, matches, 0, bytes.size(), first_counts(bytes));
    whole.run(std::min(n_rounds, kUntilCut));
    std::vector<std::size_t> ends;
    split(whole.best, 0, ends);
    std::vector<Search> parts;
    if (ends.size() > 1) {
        std::size_t symbol = 0, byte = 0;
        for (const std::size_t end : ends) {
            const auto own = std::span(whole.best).subspan(symbol, end - symbol);
            std::size_t length = 0;
            for (const Symbol& each : own) length += each.distance ? each.length : 1u;
            parts.emplace_back(bytes, matches, byte, byte + length, counts_of(own)).run(n_rounds);
            symbol = end, byte += length;
        }
    }
    const auto bits_of = [](const auto& all) {
        std::size_t n = 0;
        for (const Search& part : all) n += part.n_bits;
        return n;
    };
    if (parts.empty() || bits_of(parts) >= whole.n_bits) {
        whole.run(n_rounds);
        parts.clear();
        parts.push_back(std::move(whole));
    }
    if (stored_bits(bytes.size()) < bits_of(parts)) {
        write_stored(bytes, out);
        return out.take();
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
        Block(counts_of(parts[i].best), true).write(parts[i].best, i + 1 == parts.size(), out);
    return out.take();
}

}  // namespace pil_kmeans
