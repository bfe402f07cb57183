#include <algorithm>
#include <vector>

#include "kernels/histogram/histogram.hpp"
#include "kernels/histogram/key_set.hpp"
#include "kernels/histogram/tally_bytes.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kKeyBits = 24;
static_assert(kTableSize == std::size_t{1} << kKeyBits);

// The keys that were noted, one after the other, as the table is gone through.
class Wrapped {
  public:
    Wrapped(const std::uint32_t* keys, std::size_t n) : keys_(keys, keys + n) {
        std::sort(keys_.begin(), keys_.end());
        keys_.push_back(kTableSize);  // which is no key
        next_ = keys_.data();
    }

    bool has_below(std::size_t end) const { return *next_ < end; }
    std::size_t take() { return *next_++; }

    // The pixels of the next key, if it is this one, that its counter does not show.
    std::uint64_t take_all_of(std::size_t key) {
        std::uint64_t count = 0;
        for (; *next_ == key; ++next_) count += kTableWrap;
        return count;
    }

  private:
    std::vector<std::uint32_t> keys_;
    const std::uint32_t* next_;
};

// Adds up cells of keys known but for the last bits.
class Sums {
  public:
    explicit Sums(int shift)
        : low_bits_((std::size_t{1} << shift) - 1), n_low_bytes_(static_cast<std::size_t>(shift + 7) / 8) {}

    void add(std::size_t key, std::uint64_t count, TallyEntry& cell) const {
        const std::uint64_t low = morton_.samples(key & low_bits_, n_low_bytes_);
        cell.count += count;
        for (std::size_t c = 0; c < kChannels; ++c) cell.sums[c] += count * (low >> (16 * c) & 0xff);
    }

    // The same for the counters of eight keys, of which this is the first.
    void add_eight(std::size_t key, std::uint64_t counters, TallyEntry& cell) const {
        add(key, sum(counters), cell);
        cell.sums[0] += sum(counters & 0xffffffff00000000);
        cell.sums[1] += sum(counters & 0xffff0000ffff0000);
        cell.sums[2] += sum(counters & 0xff00ff00ff00ff00);
    }

  private:
    static std::uint64_t sum(std::uint64_t bytes) {
        constexpr std::uint64_t kEven = 0x00ff00ff00ff00ff, kOnes = 0x0001000100010001;
        return ((bytes & kEven) + (bytes >> 8 & kEven)) * kOnes >> 48;
    }

    static constexpr Morton morton_{kChannels, 8};
    std::size_t low_bits_, n_low_bytes_;
};

}  // namespace

Tally take_tally(std::uint8_t* table, const std::uint32_t* wrapped, std::size_t n_wrapped, std::size_t budget) {
    constexpr std::size_t kTogether = 8;  // counters, in cells that have as many
    constexpr int kTogetherBits = 3;
    const KeySet keys(table, kKeyBits);
    const int shift = keys.last_bits_within(budget);
    const Sums sums(shift);
    Wrapped left(wrapped, n_wrapped);
    tally_bytes::Writer writer(shift > 0 ? kChannels : 0, false, std::size_t{1} << 16);
    TallyEntry cell;
    std::uint64_t cell_key = 0;
    const auto go_to_cell = [&](std::uint64_t key) {
        if (key == cell_key) return;
        if (cell.count > 0) writer.write(cell_key, cell);
        cell_key = key;
        cell = {};
    };
    for (std::size_t w = 0; w < keys.n_words(); ++w) {
        const std::size_t first = w * KeySet::kWord, end = first + KeySet::kWord;
        std::uint64_t word = keys.word(w);
        if (word == 0) continue;
        if (shift < kTogetherBits) {
            for (; word; word &= word - 1) {
                const std::size_t key = first + static_cast<std::size_t>(std::countr_zero(word));
                const std::uint64_t count = table[key] + left.take_all_of(key);
                go_to_cell(key >> shift);
                if (shift == 0)
                    cell.count = count;
                else
                    sums.add(key, count, cell);
            }
        } else {
            for (std::size_t key = first; key < end; key += kTogether) {
                const std::uint64_t counters = eight_bytes(table + key);
                if (counters == 0) continue;
                go_to_cell(key >> shift);
                sums.add_eight(key, counters, cell);
                while (left.has_below(key + kTogether)) sums.add(left.take(), kTableWrap, cell);
            }
        }
        std::fill(table + first, table + end, std::uint8_t{0});
    }
    go_to_cell(kTableSize);  // past the last
    return writer.finish(shift);
}

}  // namespace pil_kmeans
