// A set of Morton keys of at most 24 bits, one bit for each, and how many cells of neighbours its keys are in.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/base/buffer.hpp"
#include "kernels/base/eight_bytes.hpp"

namespace pil_kmeans {

class KeySet {
  public:
    static constexpr int kMostBits = 24;
    static constexpr int kWordBits = 6;  // of a key, which the bits of a word stand for
    static constexpr std::size_t kWord = std::size_t{1} << kWordBits;

    // The empty set of keys of up to `key_bits` bits.
    explicit KeySet(int key_bits) : words_(zeroed<std::uint64_t>(n_words(key_bits), Fill::dense)) {}

    // The keys whose counters are not zero, of which there are 2**key_bits, a word of them at least.
    KeySet(const std::uint8_t* counters, int key_bits) : words_(n_words(key_bits)) {
        for (std::size_t w = 0; w < words_.size; ++w) words_[w] = which_count(counters + w * kWord);
    }

    void insert(std::uint64_t key) { words_[key / kWord] |= std::uint64_t{1} << (key % kWord); }

    std::size_t n_words() const { return words_.size; }
    std::uint64_t word(std::size_t w) const { return words_[w]; }  // keys from w * kWord on, the first the lowest bit

    // How many cells there are if keys are known but for their last bits, so many of them; O(2**key_bits).
    std::size_t n_cells(int last_bits) const {
        std::size_t n = 0;
        if (last_bits < kWordBits) {
            const std::uint64_t firsts = ~std::uint64_t{0} / (~std::uint64_t{0} >> (kWord - (1 << last_bits)));
            for (std::size_t w = 0; w < words_.size; ++w) {
                std::uint64_t word = words_[w];
                if (word == 0) continue;
                for (int bit = 0; bit < last_bits; ++bit) word |= word >> (1 << bit);
                n += static_cast<std::size_t>(std::popcount(word & firsts));
            }
            return n;
        }
        const std::size_t step = std::size_t{1} << (last_bits - kWordBits);
        for (std::size_t w = 0; w < words_.size; w += step) {
            const std::size_t end = std::min(w + step, words_.size);
            n += std::any_of(words_.begin() + w, words_.begin() + end, [](std::uint64_t word) { return word != 0; });
        }
        return n;
    }

    // The least number of last bits with which there are no more cells than a budget, which is positive.
    int last_bits_within(std::size_t budget) const {
        int last_bits = 0;
        while (n_cells(last_bits) > budget) ++last_bits;
        return last_bits;
    }

  private:
    static std::size_t n_words(int key_bits) { return std::size_t{1} << std::max(key_bits - kWordBits, 0); }

    // A bit for each of kWord counters.
    static std::uint64_t which_count(const std::uint8_t* counters) {
        constexpr std::uint64_t kTops = 0x8080808080808080, kRests = ~kTops;
        constexpr std::uint64_t kGather = 0x0102040810204080;  // the first bits of eight bytes to the last byte
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < kWord; i += 8) {
            const std::uint64_t eight = eight_bytes(counters + i);
            const std::uint64_t tops = (((eight & kRests) + kRests) | eight) & kTops;
            bits |= ((tops >> 7) * kGather >> 56) << i;
        }
        return bits;
    }

    Buffer<std::uint64_t> words_;
};

}  // namespace pil_kmeans
