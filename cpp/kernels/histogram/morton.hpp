// Morton keys: the bits of a colour's samples interleaved, most significant first, first channel first.
//
// Colours that are near in key order are near in colour space, and a key shifted right by C bits is the key of the
// cell twice as wide in every channel: both are what the histogram, the cells and the block pruning rely on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

namespace pil_kmeans {

inline constexpr std::size_t kMaxChannels = 4;

// Call `body` with the channel count as a compile-time constant.
template <typename Body>
auto with_channels(std::size_t n_channels, Body&& body) {
    switch (n_channels) {
        case 1:
            return body(std::integral_constant<std::size_t, 1>{});
        case 2:
            return body(std::integral_constant<std::size_t, 2>{});
        case 3:
            return body(std::integral_constant<std::size_t, 3>{});
        case 4:
            return body(std::integral_constant<std::size_t, 4>{});
        default:
            throw std::invalid_argument("a pixel has 1 to 4 channels");
    }
}

class Morton {
  public:
    // `n_channels` in 1..4, `bits` per sample 8 or 16.
    constexpr Morton(std::size_t n_channels, std::size_t bits) : n_bytes_(n_channels * bits / 8) {
        for (unsigned value = 0; value < 256; ++value)
            for (std::size_t c = 0; c < n_channels; ++c) {
                std::uint32_t spread = 0;
                for (unsigned bit = 0; bit < 8; ++bit)
                    spread |= ((value >> bit) & 1u) << (bit * n_channels + (n_channels - 1 - c));
                spread_[c][value] = spread;
            }
        for (std::size_t byte = 0; byte < n_bytes_; ++byte)
            for (unsigned value = 0; value < 256; ++value)
                for (unsigned bit = 0; bit < 8; ++bit) {
                    const std::size_t place = 8 * byte + bit;
                    const std::size_t channel = n_channels - 1 - place % n_channels;
                    gather_[byte][value] |= static_cast<std::uint64_t>((value >> bit) & 1u)
                                            << (16 * channel + place / n_channels);
                }
    }

    template <std::size_t C>
    std::uint32_t key(const std::uint8_t* sample) const {
        std::uint32_t key = spread_[0][sample[0]];
        for (std::size_t c = 1; c < C; ++c) key |= spread_[c][sample[c]];
        return key;
    }

    template <std::size_t C>
    std::uint64_t key(const std::uint16_t* sample) const {
        std::uint64_t high = 0, low = 0;
        for (std::size_t c = 0; c < C; ++c) {
            high |= spread_[c][sample[c] >> 8];
            low |= spread_[c][sample[c] & 255];
        }
        return high << (8 * C) | low;
    }

    // The samples of a key, the inverse of `key`: channel c in bits 16 c and up.
    constexpr std::uint64_t samples(std::uint64_t key) const { return samples(key, n_bytes_); }

    // The same of a key of so many bytes.
    constexpr std::uint64_t samples(std::uint64_t key, std::size_t n_bytes) const {
        std::uint64_t packed = 0;
        for (std::size_t byte = 0; byte < n_bytes; ++byte) packed |= gather_[byte][key >> (8 * byte) & 255];
        return packed;
    }

  private:
    std::size_t n_bytes_;
    std::array<std::array<std::uint32_t, 256>, kMaxChannels> spread_{};
    std::array<std::array<std::uint64_t, 256>, 2 * kMaxChannels> gather_{};
};

}  // namespace pil_kmeans
