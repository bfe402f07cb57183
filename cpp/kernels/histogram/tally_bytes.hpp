// The bytes of a tally, see tally.hpp: written and read entry by entry.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/eight_bytes.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/histogram/tally.hpp"

namespace pil_kmeans {

struct TallyEntry {
    std::uint64_t count = 0;  // unsigned: bytes that are no tally may make it overflow
    std::array<std::uint64_t, kMaxChannels> sums{};
    double weight = 0;
};

namespace tally_bytes {

inline constexpr int kBitsAByte = 7;
inline constexpr std::uint8_t kGoesOn = 0x80;
inline constexpr std::size_t kMostBytes = (2 + kMaxChannels) * 10 + sizeof(double);  // of an entry

class Writer {
  public:
    // Room for `n_bytes` at first, of which only what is written takes memory.
    Writer(std::size_t n_sums, bool is_weighted, std::size_t n_bytes)
        : bytes_(n_bytes + kMostBytes, Fill::sparse), n_sums_(n_sums), is_weighted_(is_weighted) {}

    void write(std::uint64_t key, const TallyEntry& entry) {
        if (bytes_.size - at_ < kMostBytes) bytes_ = resized(std::move(bytes_), 2 * bytes_.size);
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

    Tally finish(int shift) { return {resized(std::move(bytes_), at_), n_, shift}; }

  private:
    static std::uint8_t* number(std::uint64_t value, std::uint8_t* to) {
        while (value >= kGoesOn) {
            *to++ = static_cast<std::uint8_t>(value | kGoesOn);
            value >>= kBitsAByte;
        }
        *to++ = static_cast<std::uint8_t>(value);
        return to;
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
          n_numbers_(view.shift > 0 ? 2 + layout.n_channels : 2),
          is_weighted_(view.is_weighted) {}

    // The next entry, if there is one.
    bool next() {
        if (left_ == 0) {
            if (at_ != end_) throw std::invalid_argument("a tally is longer than its entries");
            return false;
        }
        --left_;
        std::uint64_t step;
        if (!short_numbers(step)) step = numbers();
        if (step == 0 && !is_first_) throw std::invalid_argument("keys of a tally must ascend");
        if (step > std::numeric_limits<std::uint64_t>::max() - key) throw std::invalid_argument("a key is too large");
        is_first_ = false;
        key += step;
        if (is_weighted_) {
            if (static_cast<std::size_t>(end_ - at_) < sizeof entry.weight) cut_off();
            std::memcpy(&entry.weight, at_, sizeof entry.weight);
            at_ += sizeof entry.weight;
        } else {
            entry.weight = static_cast<double>(static_cast<std::int64_t>(entry.count));
        }
        return true;
    }

    // Call `see(key)` for the key of this entry and of each that is left, without all of the checks of `next`.
    template <typename See>
    void see_keys(const See& see) {
        do {
            see(key);
            while (n_numbers_ == 2 && !is_weighted_ && left_ >= 4 && end_ - at_ >= 8) {
                const std::uint64_t four = eight_bytes(at_);  // steps and counts of a byte each, as most are
                if (four & 0x8080808080808080) break;
                for (int i = 0; i < 4; ++i) see(key += four >> (16 * i) & 0xff);
                at_ += 8;
                left_ -= 4;
            }
        } while (next());
    }

    std::uint64_t key = 0;
    TallyEntry entry;

  private:
    [[noreturn]] static void cut_off() { throw std::invalid_argument("a tally is shorter than its entries"); }

    // Most entries: all of their numbers, which fit in a word, are of one byte.
    bool short_numbers(std::uint64_t& step) {
        static_assert(2 + kMaxChannels <= sizeof(std::uint64_t));
        if (end_ - at_ < 8) return false;
        std::uint64_t word = eight_bytes(at_) & ((std::uint64_t{1} << (8 * n_numbers_)) - 1);
        if (word & 0x8080808080808080) return false;
        step = word & 0xff;
        entry.count = word >> 8 & 0xff;
        for (std::size_t c = 0; c < kMaxChannels; ++c) entry.sums[c] = word >> (16 + 8 * c) & 0xff;
        at_ += n_numbers_;
        return true;
    }

    std::uint64_t numbers() {
        const std::uint64_t step = number();
        entry.count = number();
        entry.sums = {};
        for (std::size_t c = 0; c < n_numbers_ - 2; ++c) entry.sums[c] = number();
        return step;
    }

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
    std::size_t left_, n_numbers_;
    bool is_weighted_, is_first_ = true;
};

}  // namespace tally_bytes
}  // namespace pil_kmeans
