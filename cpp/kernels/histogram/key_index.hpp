// From a Morton key to its place in a sorted list of distinct keys.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pil_kmeans {

// Open addressing, at most half full. `find` expects a key that is in the list; another gives `keys.size()`.
class KeyIndex {
  public:
    KeyIndex(const std::uint64_t* keys, std::size_t n)
        : keys_(keys), n_(n), mask_(std::bit_ceil(2 * n + 1) - 1), slots_(mask_ + 1, kFree) {
        for (std::size_t i = 0; i < n; ++i) {
            std::size_t slot = hash(keys[i]);
            while (slots_[slot] != kFree) slot = (slot + 1) & mask_;
            slots_[slot] = static_cast<std::uint32_t>(i);
        }
    }

    std::size_t find(std::uint64_t key) const {
        for (std::size_t slot = hash(key); slots_[slot] != kFree; slot = (slot + 1) & mask_)
            if (keys_[slots_[slot]] == key) return slots_[slot];
        return n_;
    }

  private:
    static constexpr std::uint32_t kFree = 0xffffffffu;

    std::size_t hash(std::uint64_t key) const {
        key *= 0x9e3779b97f4a7c15ull;  // the golden ratio's bits: Fibonacci hashing
        return static_cast<std::size_t>(key >> 32 ^ key) & mask_;
    }

    const std::uint64_t* keys_;
    std::size_t n_, mask_;
    std::vector<std::uint32_t> slots_;
};

}  // namespace pil_kmeans
