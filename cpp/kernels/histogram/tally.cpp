#include "kernels/histogram/tally.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

#include "kernels/histogram/key_set.hpp"
#include "kernels/histogram/tally_bytes.hpp"

namespace pil_kmeans {
namespace {

using tally_bytes::Reader;
using tally_bytes::Writer;

// Which cell a colour or a narrower cell is in.
class Cells {
  public:
    Cells(const KeyLayout& layout, int shift) : layout_(layout), shift_(shift), has_alpha_(layout.n_channels % 2 == 0) {
        if (!has_alpha_) return;
        for (int bit = 0; bit < layout.sample_bits; ++bit)
            alpha_ |= std::uint64_t{1} << (static_cast<std::size_t>(bit) * layout.n_channels);
    }

    int shift() const { return shift_; }

    // Whether keys of `from` bits less are prefixes.
    bool are_those_of(int from) const { return from == shift_ && !has_alpha_; }

    // The bits that a key of `from` bits less keeps here, and whether it is opaque.
    std::uint64_t prefix(std::uint64_t key, int from) const {
        if (shift_ == 0) return key;
        if (from == 0) return key >> (layout_.unsummed_bits + shift_);  // with alpha there are no unsummed bits
        return (has_alpha_ ? key >> 1 : key) >> (shift_ - from);
    }

    std::size_t is_opaque(std::uint64_t key, int from) const {
        if (!has_alpha_) return 0;
        return from == 0 ? (key & alpha_) == alpha_ : key & 1;
    }

    // The last prefix whose keys differ from those of another in so many last bits only.
    std::uint64_t last_of_region(std::uint64_t prefix, int bits) const {
        return prefix | ((std::uint64_t{1} << (has_alpha_ && shift_ > 0 ? bits - 1 : bits)) - 1);
    }

    int key_bits() const {
        const int all = static_cast<int>(layout_.n_channels) * layout_.sample_bits;
        return shift_ == 0 ? all : all - layout_.unsummed_bits - shift_ + has_alpha_;
    }

    std::uint64_t key(std::uint64_t prefix, std::size_t is_opaque) const {
        return has_alpha_ && shift_ > 0 ? prefix << 1 | is_opaque : prefix;
    }

    // What a key of `from` bits less leaves out besides, of all channels; see `of_channel`.
    std::uint64_t left_out(std::uint64_t key, int from) const {
        if (from == shift_) return 0;
        const std::uint64_t low =
            from == 0 ? (key >> layout_.unsummed_bits) & ((std::uint64_t{1} << shift_) - 1)
                      : ((has_alpha_ ? key >> 1 : key) & ((std::uint64_t{1} << (shift_ - from)) - 1)) << from;
        return layout_.n_channels == 1 ? low : samples_of(low, static_cast<std::size_t>(shift_ + 7) / 8);
    }

    std::uint64_t of_channel(std::uint64_t left_out, std::size_t c) const {
        return layout_.n_channels == 1 ? left_out : left_out >> (16 * c) & 0xffff;
    }

    // The mean colour of a cell, to the nearest; that of its corner where nothing counts.
    void mean_color(std::uint64_t key, const TallyEntry& cell, std::uint16_t* color) const {
        const std::uint64_t spread = layout_.sample_bits == 8 ? 257 : 1, total = std::max<std::uint64_t>(cell.count, 1);
        const std::uint64_t bits = (has_alpha_ ? key >> 1 : key) << shift_;
        const std::uint64_t corner = layout_.n_channels == 1 ? bits : samples_of(bits, 8);
        for (std::size_t c = 0; c < layout_.n_channels; ++c)
            color[c] = static_cast<std::uint16_t>(spread * of_channel(corner, c) +
                                                  (spread * cell.sums[c] + total / 2) / total);
        if (!has_alpha_) return;
        std::uint16_t& alpha = color[layout_.n_channels - 1];
        alpha = key & 1 ? kOpaque : std::max<std::uint16_t>(alpha, 1);
    }

  private:
    static constexpr std::uint16_t kOpaque = 65535;

    std::uint64_t samples_of(std::uint64_t key, std::size_t n_bytes) const {
        static constexpr Morton two(2, 16), three(3, 16), four(4, 16);
        const Morton& morton = layout_.n_channels == 2 ? two : layout_.n_channels == 3 ? three : four;
        return morton.samples(key, n_bytes);
    }

    KeyLayout layout_;
    int shift_;
    bool has_alpha_;
    std::uint64_t alpha_ = 0;  // the bits of a whole key that are those of alpha
};

// How many cells there are if more bits are left out: by the first bit in which neighbours differ.
class CellNumbers {
  public:
    void add(std::uint64_t prefix, std::size_t is_opaque) {
        const std::size_t width = static_cast<std::size_t>(std::bit_width(prefix ^ last_[is_opaque]));
        ++n_by_width_[++turn_ % kTurns][has_last_[is_opaque] ? width : 64];
        last_[is_opaque] = prefix;
        has_last_[is_opaque] = true;
    }

    std::size_t at(int more_bits) const {
        std::size_t n = 0;
        for (const auto& n_by_width : n_by_width_)
            for (std::size_t width = static_cast<std::size_t>(more_bits) + 1; width <= 64; ++width)
                n += n_by_width[width];
        return n;
    }

  private:
    static constexpr std::size_t kTurns = 4;  // tables that take turns: to add to one number twice in a row waits
    std::array<std::array<std::size_t, 65>, kTurns> n_by_width_{};
    std::size_t turn_ = 0;
    std::array<std::uint64_t, 2> last_{};
    std::array<bool, 2> has_last_{};
};

// How many bits cells must leave out to be within the budget, if they are not with `shift`.
int shift_within(const CellNumbers& numbers, const KeyLayout& layout, int shift, std::size_t budget) {
    const int less = shift == 0 ? layout.unsummed_bits : 0;  // which CellNumbers::at has to count besides
    int wider = shift + 1;
    while (wider < kMostTallyShift && numbers.at(less + wider - shift) > budget) ++wider;
    return wider;
}

// A tally as the cells see it.
struct Cursor {
    Reader reader;
    int shift;
    std::uint64_t prefix = 0;  // of the cell of the next entry
    bool is_there = false;     // whether there is one

    Cursor(const TallyView& view, const KeyLayout& layout, const Cells& cells)
        : reader(view, layout), shift(view.shift) {
        advance(cells);
    }

    void advance(const Cells& cells) {
        is_there = reader.next();
        if (is_there) prefix = cells.prefix(reader.key, shift);
    }

    // Call `add(reader, prefix)` for the entries whose prefixes, which `prefix_of(key)` gives, are not above the last.
    template <typename PrefixOf, typename Add>
    void add_up_to(std::uint64_t last, const PrefixOf& prefix_of, const Add& add) {
        Reader own = reader;  // which nothing else can refer to
        while (is_there && prefix <= last) {
            add(own, prefix);
            is_there = own.next();
            prefix = prefix_of(own.key);
        }
        reader = own;
    }
};

// Sums of neighbouring cells, for keys so short that most of them are there: region by region.
class Region {
  public:
    Region(std::size_t n_sums, bool is_weighted) : n_sums_(n_sums), is_weighted_(is_weighted) {
        counts_.resize(kSize, 0);
        for (std::size_t c = 0; c < n_sums; ++c) sums_[c].resize(kSize, 0);
        weights_.resize(is_weighted ? kSize : 0, 0);
    }

    static constexpr int kBits = 12;
    static constexpr std::size_t kSize = std::size_t{1} << kBits;

    // An entry, and what its key leaves out in each channel.
    template <typename LeftOut>
    void add(std::size_t at, const TallyEntry& entry, const LeftOut& left_out) {
        is_there_[at / 64] |= std::uint64_t{1} << (at % 64);
        counts_[at] += entry.count;
        for (std::size_t c = 0; c < n_sums_; ++c) sums_[c][at] += entry.sums[c] + entry.count * left_out(c);
        if (is_weighted_) weights_[at] += entry.weight;
    }

    // Call `take(place, sums)` for the cells that are there, all of which are from `first` to `last`, and forget them.
    template <typename Take>
    void take_all(std::size_t first, std::size_t last, const Take& take) {
        TallyEntry entry;
        for (std::size_t word = first / 64; word <= last / 64; ++word) {
            for (std::uint64_t left = is_there_[word]; left; left &= left - 1) {
                const std::size_t at = 64 * word + static_cast<std::size_t>(std::countr_zero(left));
                entry.count = std::exchange(counts_[at], 0);
                for (std::size_t c = 0; c < n_sums_; ++c) entry.sums[c] = std::exchange(sums_[c][at], 0);
                if (is_weighted_) entry.weight = std::exchange(weights_[at], 0);
                take(at, entry);
            }
            is_there_[word] = 0;
        }
    }

  private:
    std::size_t n_sums_;
    bool is_weighted_;
    std::array<std::uint64_t, kSize / 64> is_there_{};
    std::vector<std::uint64_t> counts_;
    std::array<std::vector<std::uint64_t>, kMaxChannels> sums_;  // one by one, as they are read, not as vectors
    std::vector<double> weights_;
};

// Call `take(key, sums)` for each cell of some tallies, ascending.
template <typename Take>
void for_each_cell(std::vector<Cursor>& cursors, const KeyLayout& layout, const Cells& cells, bool is_weighted,
                   const Take& take) {
    const std::size_t n_sums = cells.shift() > 0 ? layout.n_channels : 0;
    const bool is_dense = cells.key_bits() <= KeySet::kMostBits;  // a region has many of them
    Region region(n_sums, is_weighted);
    for (;;) {
        std::erase_if(cursors, [](const Cursor& cursor) { return !cursor.is_there; });
        if (cursors.empty()) return;
        std::uint64_t first = cursors[0].prefix;
        for (const Cursor& cursor : cursors) first = std::min(first, cursor.prefix);
        std::uint64_t last = first;
        if (is_dense) last = cells.last_of_region(first, Region::kBits);
        const std::uint64_t start = cells.key(first, 0) & ~(Region::kSize - 1);
        for (Cursor& cursor : cursors) {
            if (cells.are_those_of(cursor.shift)) {  // what most are, and quick
                cursor.add_up_to(
                    last, [](std::uint64_t key) { return key; },
                    [&](const Reader& reader, std::uint64_t prefix) {
                        region.add(prefix - start, reader.entry, [](std::size_t) { return std::uint64_t{0}; });
                    });
                continue;
            }
            cursor.add_up_to(
                last, [&](std::uint64_t key) { return cells.prefix(key, cursor.shift); },
                [&](const Reader& reader, std::uint64_t prefix) {
                    const std::uint64_t left_out = cells.left_out(reader.key, cursor.shift);
                    region.add(cells.key(prefix, cells.is_opaque(reader.key, cursor.shift)) - start, reader.entry,
                               [&](std::size_t c) { return cells.of_channel(left_out, c); });
                });
        }
        const std::size_t from = cells.key(first, 0) - start,
                          to = std::min<std::uint64_t>(cells.key(last, 1) - start, Region::kSize - 1);
        region.take_all(from, to, [&](std::size_t at, const TallyEntry& entry) { take(start + at, entry); });
    }
}

// By how many bits cells must be wider to be within the budget, as far as that is quickly known.
int bits_over(const std::vector<TallyView>& parts, const Cells& cells, const KeyLayout& layout, std::size_t budget) {
    if (layout.n_channels % 2 == 0 || cells.key_bits() > KeySet::kMostBits || budget == 0) return 0;
    KeySet keys(cells.key_bits());
    for (const TallyView& part : parts) {
        Reader reader(part, layout);
        if (!reader.next()) continue;
        reader.see_keys([&](std::uint64_t key) {
            const std::uint64_t prefix = cells.prefix(key, part.shift);
            if (prefix >> cells.key_bits()) throw std::invalid_argument("a key is too large");
            keys.insert(prefix);
        });
    }
    return keys.last_bits_within(budget);
}

}  // namespace

Tally tally(const std::uint64_t* keys, const std::int64_t* counts, const double* weights, std::size_t n,
            const KeyLayout& layout, std::size_t budget) {
    const Cells exact(layout, 0);
    int shift = 0;
    if (n > budget) {
        CellNumbers numbers;
        for (std::size_t i = 0; i < n; ++i) numbers.add(keys[i], exact.is_opaque(keys[i], 0));
        shift = shift_within(numbers, layout, 0, budget);
    }
    const Cells cells(layout, shift);
    Writer writer(shift > 0 ? layout.n_channels : 0, weights != nullptr, 2 * n);
    // Of the cell that goes on: of opaque colours and of others, which lie between each other in pictures with alpha.
    std::array<TallyEntry, 2> sums;
    std::array<bool, 2> is_there{};
    std::uint64_t prefix = 0;
    const auto finish = [&] {
        for (std::size_t kind = 0; kind < 2; ++kind)
            if (is_there[kind]) writer.write(cells.key(prefix, kind), sums[kind]);
        is_there = {};
    };
    for (std::size_t i = 0; i < n; ++i) {
        if (const std::uint64_t next = cells.prefix(keys[i], 0); next != prefix) {
            finish();
            prefix = next;
        }
        const std::size_t kind = cells.is_opaque(keys[i], 0);
        TallyEntry& sum = sums[kind];
        if (!is_there[kind]) sum = {};
        is_there[kind] = true;
        const auto count = static_cast<std::uint64_t>(counts[i]);
        const std::uint64_t left_out = cells.left_out(keys[i], 0);
        sum.count += count;
        for (std::size_t c = 0; c < layout.n_channels; ++c) sum.sums[c] += count * cells.of_channel(left_out, c);
        if (weights) sum.weight += weights[i];
    }
    finish();
    return writer.finish(shift);
}

Tally merge_tallies(const std::vector<TallyView>& parts, const KeyLayout& layout, int least_shift, std::size_t budget) {
    int shift = least_shift;
    bool is_weighted = false;
    std::size_t n_in_all = 0, n_bytes = 0;
    for (const TallyView& part : parts) {
        n_in_all += part.n;
        n_bytes += part.n_bytes;
        shift = std::max(shift, part.shift);
        is_weighted |= part.is_weighted;
    }
    const Cells narrowest(layout, shift);
    if (narrowest.key_bits() < 63) n_in_all = std::min(n_in_all, std::size_t{1} << narrowest.key_bits());
    const bool may_be_over = n_in_all > budget;
    if (may_be_over) shift = std::min(shift + bits_over(parts, narrowest, layout, budget), kMostTallyShift);
    for (;;) {  // twice at most
        if (shift == kMostTallyShift) budget = std::numeric_limits<std::size_t>::max();
        const Cells cells(layout, shift);
        Writer writer(shift > 0 ? layout.n_channels : 0, is_weighted, n_bytes);
        CellNumbers numbers;
        std::vector<Cursor> cursors;
        for (const TallyView& part : parts) cursors.emplace_back(part, layout, cells);
        for_each_cell(cursors, layout, cells, is_weighted, [&](std::uint64_t key, const TallyEntry& sums) {
            if (may_be_over) numbers.add(cells.prefix(key, shift), cells.is_opaque(key, shift));
            if (writer.n() <= budget) writer.write(key, sums);
        });
        if (writer.n() <= budget) return writer.finish(shift);
        shift = shift_within(numbers, layout, shift, budget);
    }
}

TallyEntries tally_entries(const TallyView& view, const KeyLayout& layout) {
    const bool has_cells = view.shift > 0, has_values = layout.sample_bits == 64;
    if (view.n > view.n_bytes / (has_cells ? 2 + layout.n_channels : 2))
        throw std::invalid_argument("a tally is shorter than its entries");
    TallyEntries result{Buffer<std::uint64_t>(view.n), Buffer<std::int64_t>(view.n),
                        Buffer<std::uint16_t>(has_cells && !has_values ? view.n * layout.n_channels : 0),
                        Buffer<std::int64_t>(has_cells && has_values ? view.n : 0),
                        Buffer<double>(view.is_weighted ? view.n : 0)};
    const Cells cells(layout, view.shift);
    Reader reader(view, layout);
    for (std::size_t i = 0; reader.next(); ++i) {
        result.keys[i] = reader.key;
        result.counts[i] = static_cast<std::int64_t>(reader.entry.count);
        if (has_cells && has_values) result.sums[i] = static_cast<std::int64_t>(reader.entry.sums[0]);
        if (has_cells && !has_values) cells.mean_color(reader.key, reader.entry, &result.colors[i * layout.n_channels]);
        if (view.is_weighted) result.weights[i] = reader.entry.weight;
    }
    return result;
}

}  // namespace pil_kmeans
