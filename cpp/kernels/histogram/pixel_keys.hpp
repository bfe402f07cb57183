// The Morton keys of 8-bit pixels, handed out one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kChunk = 1024;                         // pixels whose keys are made at a time
inline constexpr std::size_t kWorthAThread = std::size_t{1} << 20;  // pixels
inline constexpr int kRegionBits = 12;                              // tables are scanned by regions of so many entries
inline constexpr std::size_t kRegionSize = std::size_t{1} << kRegionBits;

template <std::size_t C>
void make_keys(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys) {
    static constexpr Morton morton(C, 8);
    if constexpr (C == 3) {
        kernels().rgb_keys(samples, n, keys);
    } else {
        for (std::size_t i = 0; i < n; ++i) keys[i] = morton.key<C>(samples + i * C);
    }
}

// Call `one(key)` for every pixel, or `eight(key)` for eight equal ones in a row, where many are. Neighbours are often
// alike, and adding to a counter twice in a row waits for the first addition to land: so four quarters of a chunk take
// turns. Which of the two ways a chunk goes is asked once, not at every pixel: in photographs the answer is no guess.
// `soon(key)` hears of most keys some time before: enough for what they need to come from a far cache.
template <std::size_t C, typename One, typename Eight, typename Soon>
void for_each_key(const std::uint8_t* samples, std::size_t n, One one, Eight eight, Soon soon) {
    constexpr std::size_t kQuarter = kChunk / 4, kRun = 8, kAsked = 64, kFew = 4, kSoon = 24;
    std::uint32_t keys[kChunk];
    const auto is_flat = [&](std::size_t at) {
        std::uint64_t pairs[4];
        std::memcpy(pairs, keys + at, sizeof pairs);
        return pairs[0] == pairs[1] && pairs[0] == pairs[2] && pairs[0] == pairs[3] && keys[at] == keys[at + 1];
    };
    std::size_t start = 0;
    for (; start + kChunk <= n; start += kChunk) {
        make_keys<C>(samples + start * C, kChunk, keys);
        std::size_t n_flat = 0;
        for (std::size_t i = 0; i < kChunk; i += kAsked) n_flat += is_flat(i);
        if (n_flat < kFew) {
            for (std::size_t i = 0; i < kQuarter; ++i) {
                const std::size_t later = (i + kSoon) % kQuarter;  // the last for nothing, which costs less than to ask
                soon(keys[later]);
                soon(keys[later + kQuarter]);
                soon(keys[later + 2 * kQuarter]);
                soon(keys[later + 3 * kQuarter]);
                one(keys[i]);
                one(keys[i + kQuarter]);
                one(keys[i + 2 * kQuarter]);
                one(keys[i + 3 * kQuarter]);
            }
        } else {
            for (std::size_t i = 0; i < kChunk; i += kRun) {
                if (is_flat(i))
                    eight(keys[i]);
                else
                    for (std::size_t j = i; j < i + kRun; ++j) one(keys[j]);
            }
        }
    }
    make_keys<C>(samples + start * C, n - start, keys);
    for (std::size_t i = 0; i < n - start; ++i) one(keys[i]);
}

// The same, where all that the keys need is near.
template <std::size_t C, typename One, typename Eight>
void for_each_key(const std::uint8_t* samples, std::size_t n, One one, Eight eight) {
    for_each_key<C>(samples, n, one, eight, [](std::uint32_t) {});
}

}  // namespace pil_kmeans
