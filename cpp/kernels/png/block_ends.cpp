#include "kernels/png/block_ends.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/base/log2.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kPiece = 2048;  // symbols
constexpr int kKnownBits = 12;
constexpr float kHeader = 136, kHeaderForASymbol = 4;  // bits, about

struct Piece {
    SymbolCounts counts;
    std::size_t end;
    float n_bits, saved = 0;  // by itself, and by putting it together with the next
};

// log2 of what the highest bits say, which are all of most counts.
float log2_of(std::uint64_t x) {
    static const auto known = [] {
        std::array<float, std::size_t{1} << kKnownBits> logs{};
        for (std::size_t i = 1; i < logs.size(); ++i)
            logs[i] = static_cast<float>(log2_fixed(static_cast<std::uint32_t>(i))) / 65536;
        return logs;
    }();
    const int beyond = std::max(0, static_cast<int>(std::bit_width(x)) - kKnownBits);
    return known[x >> beyond] + static_cast<float>(beyond);
}

// Symbols with ideal codes, extra bits, and the codes themselves.
float n_bits_of(const SymbolCounts& counts) {
    float n = kHeader;
    const auto add = [&n](const auto& of, auto extra_bits) {
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (!of[i]) continue;
            total += of[i];
            n += static_cast<float>(of[i]) * (static_cast<float>(extra_bits(i)) - log2_of(of[i])) + kHeaderForASymbol;
        }
        if (total) n += static_cast<float>(total) * log2_of(total);
    };
    std::array<std::uint64_t, kLiterals + kLengthCodes> literals;
    std::copy(counts.literals.begin(), counts.literals.end(), literals.begin());
    std::copy(counts.lengths.begin(), counts.lengths.end(), literals.begin() + kLiterals);
    add(literals, [](std::size_t i) { return i < kLiterals ? 0 : length_extra_bits(i - kLiterals); });
    add(counts.distances, distance_extra_bits);
    return n;
}

SymbolCounts together(const Piece& a, const Piece& b) {
    SymbolCounts counts = a.counts;
    counts.add(b.counts);
    return counts;
}

}  // namespace

std::vector<std::size_t> block_ends(std::span<const Symbol> symbols) {
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i == 0 || i < symbols.size(); i += kPiece) {
        const auto own = symbols.subspan(i, std::min(kPiece, symbols.size() - i));
        const SymbolCounts counts = counts_of(own);
        pieces.push_back({counts, i + own.size(), n_bits_of(counts)});
    }
    const auto measure = [&](std::size_t i) {
        if (i + 1 >= pieces.size()) return;
        const float n_bits = n_bits_of(together(pieces[i], pieces[i + 1]));
        pieces[i].saved = pieces[i].n_bits + pieces[i + 1].n_bits - n_bits;
    };
    for (std::size_t i = 0; i < pieces.size(); ++i) measure(i);
    while (pieces.size() > 1) {
        const auto most = std::max_element(pieces.begin(), pieces.end() - 1,
                                           [](const Piece& a, const Piece& b) { return a.saved < b.saved; });
        if (most->saved <= 0) break;
        const auto next = most + 1;
        *most = {together(*most, *next), next->end, most->n_bits + next->n_bits - most->saved};
        const auto at = static_cast<std::size_t>(most - pieces.begin());
        pieces.erase(next);
        measure(at);
        if (at) measure(at - 1);
    }
    std::vector<std::size_t> ends;
    for (const Piece& piece : pieces) ends.push_back(piece.end);
    return ends;
}

}  // namespace pil_kmeans
