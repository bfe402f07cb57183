#include "kernels/histogram/tally.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace pil_kmeans {
namespace {

constexpr int kBitsAByte = 7;
constexpr std::uint8_t kGoesOn = 0x80;
constexpr std::size_t kMostBytes = (2 + kMaxChannels) * 10 + sizeof(double);  // of an entry

struct Entry {
    std::uint64_t count = 0;  // unsigned: bytes that are no tally may make it overflow
    std::array<std::uint64_t, kMaxChannels> sums{};
    double weight = 0;
};

class Writer {
  public:
    Writer(std::size_t n_sums, bool is_weighted) : n_sums_(n_sums), is_weighted_(is_weighted) {}

    void write(std::uint64_t key, const Entry& entry) {
        if (bytes_.size - at_ < kMostBytes) grow();
        std::uint8_t* to = bytes_.begin() + at_;
        to = number(key - last_key_, to);
        to = number(entry.count, to);
        for (std::size_t c = 0; c < n_sums_; ++c) to = number(entry.sums[c], to);
        if (is_weighted_) {
            std::memcpy(to, &entry.weight, sizeof entry.weight);
            to += sizeof entry.weight;
        }
        at_ = static_cast<std::size_t>(to - bytes_.begin());
        last_key_ = key;
        ++n_;
    }

    std::size_t n() const { return n_; }

    Tally finish(int shift) {
        Tally result{Buffer<std::uint8_t>(at_), n_, shift};
        std::copy_n(bytes_.begin(), at_, result.bytes.begin());
        return result;
    }

  private:
    static std::uint8_t* number(std::uint64_t value, std::uint8_t* to) {
        while (value >= kGoesOn) {
            *to++ = static_cast<std::uint8_t>(value | kGoesOn);
            value >>= kBitsAByte;
        }
        *to++ = static_cast<std::uint8_t>(value);
        return to;
    }

    void grow() {
        Buffer<std::uint8_t> larger(std::max<std::size_t>(2 * bytes_.size, 1 << 16), Fill::sparse);
        std::copy_n(bytes_.begin(), at_, larger.begin());
        bytes_ = std::move(larger);
    }

    Buffer<std::uint8_t> bytes_;
    std::size_t at_ = 0, n_ = 0, n_sums_;
    std::uint64_t last_key_ = 0;
    bool is_weighted_;
};

// Goes through the entries of a tally.
class Reader {
  public:
    Reader(const TallyView& view, const KeyLayout& layout)
        : at_(view.bytes),
          end_(view.bytes + view.n_bytes),
          left_(view.n),
          n_sums_(view.shift > 0 ? layout.n_channels : 0),
          is_weighted_(view.is_weighted) {}

    // The next entry, if there is one.
    bool next() {
        if (left_ == 0) {
            if (at_ != end_) throw std::invalid_argument("a tally is longer than its entries");
            return false;
        }
        --left_;
        const std::uint64_t step = number();
        if (step == 0 && !is_first_) throw std::invalid_argument("keys of a tally must ascend");
        if (step > std::numeric_limits<std::uint64_t>::max() - key) throw std::invalid_argument("a key is too large");
        is_first_ = false;
        key += step;
        entry.count = number();
        for (std::size_t c = 0; c < n_sums_; ++c) entry.sums[c] = number();
        if (is_weighted_) {
            if (static_cast<std::size_t>(end_ - at_) < sizeof entry.weight) cut_off();
            std::memcpy(&entry.weight, at_, sizeof entry.weight);
            at_ += sizeof entry.weight;
        } else {
            entry.weight = static_cast<double>(entry.count);
        }
        return true;
    }

    std::uint64_t key = 0;
    Entry entry;

  private:
    [[noreturn]] static void cut_off() { throw std::invalid_argument("a tally is shorter than its entries"); }

    std::uint64_t number() {
        if (at_ == end_) cut_off();
        std::uint64_t value = *at_++;
        if (value < kGoesOn) [[likely]]
            return value;
        value &= kGoesOn - 1;
        for (int shift = kBitsAByte;; shift += kBitsAByte) {
            if (at_ == end_) cut_off();
            if (shift > 63) throw std::invalid_argument("a number of a tally is too large");
            const std::uint64_t byte = *at_++;
            value |= (byte & (kGoesOn - 1)) << shift;
            if (byte < kGoesOn) return value;
        }
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
    std::size_t left_, n_sums_;
    bool is_weighted_, is_first_ = true;
};

// Which cell a colour or a narrower cell is in.
class Cells {
  public:
    Cells(const KeyLayout& layout, int shift) : layout_(layout), shift_(shift), has_alpha_(layout.n_channels % 2 == 0) {
        if (!has_alpha_) return;
        for (int bit = 0; bit < layout.sample_bits; ++bit)
            alpha_ |= std::uint64_t{1} << (static_cast<std::size_t>(bit) * layout.n_channels);
    }

    int shift() const { return shift_; }

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

    // Add what a key leaves out here to the sums of its entry.
    void sum_up(std::uint64_t key, int from, Entry& entry) const {
        if (from == shift_) return;
        std::uint64_t low = 0;
        if (from == 0) {
            low = (key >> layout_.unsummed_bits) & ((std::uint64_t{1} << shift_) - 1);
            entry.sums = {};
        } else {
            low = ((has_alpha_ ? key >> 1 : key) & ((std::uint64_t{1} << (shift_ - from)) - 1)) << from;
        }
        if (layout_.n_channels == 1) {
            entry.sums[0] += entry.count * low;
            return;
        }
        const std::uint64_t packed = samples_of(low);
        for (std::size_t c = 0; c < kMaxChannels; ++c) entry.sums[c] += entry.count * (packed >> (16 * c) & 0xffff);
    }

  private:
    std::uint64_t samples_of(std::uint64_t low) const {
        static constexpr Morton two(2, 16), three(3, 16), four(4, 16);
        const Morton& morton = layout_.n_channels == 2 ? two : layout_.n_channels == 3 ? three : four;
        return morton.samples(low, static_cast<std::size_t>(shift_ + 7) / 8);
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
};

// Sums of neighbouring cells, for keys so short that most of them are there: region by region.
class Region {
  public:
    Region(std::size_t n_sums, bool is_weighted) : n_sums_(n_sums), is_weighted_(is_weighted) {
        counts_.resize(kSize, 0);
        sums_.resize(kSize * n_sums, 0);
        weights_.resize(is_weighted ? kSize : 0, 0);
    }

    static constexpr int kBits = 12;
    static constexpr std::size_t kSize = std::size_t{1} << kBits;

    void add(std::size_t at, const Entry& entry) {
        is_there_[at / 64] |= std::uint64_t{1} << (at % 64);
        counts_[at] += entry.count;
        for (std::size_t c = 0; c < n_sums_; ++c) sums_[at * n_sums_ + c] += entry.sums[c];
        if (is_weighted_) weights_[at] += entry.weight;
    }

    // Call `take(place, sums)` for the cells that are there, all of which are from `first` to `last`, and forget them.
    template <typename Take>
    void take_all(std::size_t first, std::size_t last, const Take& take) {
        Entry entry;
        for (std::size_t word = first / 64; word <= last / 64; ++word) {
            for (std::uint64_t left = is_there_[word]; left; left &= left - 1) {
                const std::size_t at = 64 * word + static_cast<std::size_t>(std::countr_zero(left));
                entry.count = std::exchange(counts_[at], 0);
                for (std::size_t c = 0; c < n_sums_; ++c) entry.sums[c] = std::exchange(sums_[at * n_sums_ + c], 0);
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
    std::vector<std::uint64_t> counts_, sums_;
    std::vector<double> weights_;
};

constexpr int kDenseBits = 24;  // keys of so many bits and less: a region has many of them

// Call `take(key, sums)` for each cell of some tallies, ascending.
template <typename Take>
void for_each_cell(std::vector<Cursor>& cursors, const KeyLayout& layout, const Cells& cells, bool is_weighted,
                   const Take& take) {
    const std::size_t n_sums = cells.shift() > 0 ? layout.n_channels : 0;
    const bool is_dense = cells.key_bits() <= kDenseBits;
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
            while (cursor.is_there && cursor.prefix <= last) {
                const std::size_t kind = cells.is_opaque(cursor.reader.key, cursor.shift);
                cells.sum_up(cursor.reader.key, cursor.shift, cursor.reader.entry);
                region.add(cells.key(cursor.prefix, kind) - start, cursor.reader.entry);
                cursor.advance(cells);
            }
        }
        const std::size_t from = cells.key(first, 0) - start,
                          to = std::min(cells.key(last, 1) - start, Region::kSize - 1);
        region.take_all(from, to, [&](std::size_t at, const Entry& entry) { take(start + at, entry); });
    }
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
    Writer writer(shift > 0 ? layout.n_channels : 0, weights != nullptr);
    // Of the cell that goes on: of opaque colours and of others, which lie between each other in pictures with alpha.
    std::array<Entry, 2> sums;
    std::array<bool, 2> is_there{};
    std::uint64_t prefix = 0;
    const auto finish = [&] {
        for (std::size_t kind = 0; kind < 2; ++kind)
            if (is_there[kind]) writer.write(cells.key(prefix, kind), sums[kind]);
        is_there = {};
    };
    Entry entry;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t kind = cells.is_opaque(keys[i], 0);
        entry.count = static_cast<std::uint64_t>(counts[i]);
        if (weights) entry.weight = weights[i];
        cells.sum_up(keys[i], 0, entry);
        if (const std::uint64_t next = cells.prefix(keys[i], 0); next != prefix) {
            finish();
            prefix = next;
        }
        Entry& sum = sums[kind];
        if (!is_there[kind]) {
            sum = entry;
            is_there[kind] = true;
            continue;
        }
        sum.count += entry.count;
        for (std::size_t c = 0; c < kMaxChannels; ++c) sum.sums[c] += entry.sums[c];
        sum.weight += entry.weight;
    }
    finish();
    return writer.finish(shift);
}

Tally merge_tallies(const std::vector<TallyView>& parts, const KeyLayout& layout, int least_shift, std::size_t budget) {
    int shift = least_shift;
    bool is_weighted = false;
    std::size_t n_in_all = 0;
    for (const TallyView& part : parts) {
        n_in_all += part.n;
        shift = std::max(shift, part.shift);
        is_weighted |= part.is_weighted;
    }
    for (;;) {  // twice at most
        if (shift == kMostTallyShift) budget = std::numeric_limits<std::size_t>::max();
        const Cells cells(layout, shift);
        Writer writer(shift > 0 ? layout.n_channels : 0, is_weighted);
        CellNumbers numbers;
        const bool may_be_over = n_in_all > budget;
        std::vector<Cursor> cursors;
        for (const TallyView& part : parts) cursors.emplace_back(part, layout, cells);
        for_each_cell(cursors, layout, cells, is_weighted, [&](std::uint64_t key, const Entry& sums) {
            if (may_be_over) numbers.add(cells.prefix(key, shift), cells.is_opaque(key, shift));
            if (writer.n() <= budget) writer.write(key, sums);
        });
        if (writer.n() <= budget) return writer.finish(shift);
        shift = shift_within(numbers, layout, shift, budget);
    }
}

TallyEntries tally_entries(const TallyView& view, const KeyLayout& layout) {
    const std::size_t n_sums = view.shift > 0 ? layout.n_channels : 0;
    if (view.n > view.n_bytes / (2 + n_sums)) throw std::invalid_argument("a tally is shorter than its entries");
    TallyEntries result{Buffer<std::uint64_t>(view.n), Buffer<std::int64_t>(view.n),
                        Buffer<std::int64_t>(view.n * n_sums), Buffer<double>(view.is_weighted ? view.n : 0)};
    Reader reader(view, layout);
    for (std::size_t i = 0; reader.next(); ++i) {
        result.keys[i] = reader.key;
        result.counts[i] = static_cast<std::int64_t>(reader.entry.count);
        for (std::size_t c = 0; c < n_sums; ++c)
            result.sums[i * n_sums + c] = static_cast<std::int64_t>(reader.entry.sums[c]);
        if (view.is_weighted) result.weights[i] = reader.entry.weight;
    }
    return result;
}

}  // namespace pil_kmeans
