// Bytes that are settled: the errors they leave, the symbols they take, and where matches may start from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/png/deflate_prices.hpp"
#include "kernels/png/pixel_coder.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kNear = 4;  // distances up to this are read from a survivor's own last bytes
inline constexpr std::size_t kRowsUp = 3,
                             kAside = 2;   // matches may start from above: so many rows, and so many bytes aside
inline constexpr std::size_t kRecent = 8;  // distances that were used last
inline constexpr std::size_t kChain = 4;   // earlier places where three bytes are as the guess is here
inline constexpr std::size_t kMostStarts = kNear + kRowsUp * (2 * kAside + 1) + kRecent + kChain;

inline constexpr int kHashBits = 15;
inline constexpr std::uint32_t kNowhere = ~0u;

// What a survivor did at a byte.
struct Move {
    std::uint8_t parent;  // its place among the survivors of the byte before
    std::uint8_t byte;
    std::uint16_t distance;  // of the match, with kStart at its first byte; 0 for a literal
};
inline constexpr std::uint16_t kStart = 0x8000;
inline constexpr std::size_t kFarthest = kStart - 1;

// What is decided: bytes, the errors they leave, and where matches may start from.
class SettledBytes {
  public:
    SettledBytes(const Region& region, PixelCoder& coder, std::size_t longest_open, std::uint8_t* indices)
        : region_(region),
          stride_(region.width + 1),
          longest_open_(longest_open),
          coder_(coder),
          indices_(indices),
          stream_(region.height * stride_) {}

    std::size_t size() const { return size_; }
    std::uint8_t operator[](std::size_t at) const { return stream_[at]; }
    const SymbolCounts& counts() const { return counts_; }

    void add(const Move& move) {
        stream_[size_] = move.byte;
        if (size_ >= 2) {
            const std::size_t from = size_ - 2;
            std::uint32_t& head = heads_[hash(&stream_[from])];
            chain_[from % kWindow] = head;
            head = static_cast<std::uint32_t>(from);
        }
        count(move);
        leave_error(move.byte);
        ++size_;
    }

    void end_match() {
        if (length_ >= kShortestMatch) {
            ++counts_.lengths[length_code(length_)];
            ++counts_.distances[distance_code(distance_)];
        }
        length_ = 0;
    }

    // Distances beyond kNear from which a match may start at byte `at`, which is pixel x of row y. Some may come twice.
    // None leads to a byte that is still open when the match gets there.
    std::size_t distances(std::size_t at, std::size_t y, std::size_t x, std::size_t* found) const {
        std::size_t n = 0;
        const auto add = [&](std::size_t distance) {
            if (distance > longest_open_ && distance <= std::min(at, kFarthest)) found[n++] = distance;
        };
        for (std::size_t row = 1; row <= kRowsUp; ++row)
            for (std::size_t distance = row * stride_ - kAside; distance <= row * stride_ + kAside; ++distance)
                add(distance);
        for (std::size_t i = 0; i < n_recent_; ++i) add(recent_[i]);
        if (x + 3 <= region_.width) {
            std::uint32_t from = heads_[hash(region_.guess + y * region_.width + x)];
            for (std::size_t i = 0; i < kChain && from != kNowhere && at - from < kWindow;
                 ++i, from = chain_[from % kWindow])
                add(at - from);
        }
        return n;
    }

  private:
    void count(const Move& move) {
        const bool is_literal = move.distance == 0, is_start = move.distance & kStart;
        if (is_literal || is_start) end_match();
        if (is_literal) {
            ++counts_.literals[move.byte];
            return;
        }
        if (is_start) {
            distance_ = move.distance & kFarthest;
            if (distance_ > kNear) remember(distance_);
        }
        ++length_;
    }

    void remember(std::size_t distance) {
        std::size_t i = static_cast<std::size_t>(std::find(recent_, recent_ + n_recent_, distance) - recent_);
        if (i == n_recent_) {
            if (n_recent_ < kRecent)
                ++n_recent_;
            else
                --i;
        }
        std::rotate(recent_, recent_ + i, recent_ + i + 1);
        recent_[0] = distance;
    }

    void leave_error(std::uint8_t byte) {
        const std::size_t y = size_ / stride_, column = size_ % stride_;
        if (column == 0) {  // the filter's type
            error_ = 0;
            return;
        }
        const std::size_t x = column - 1;
        const PixelCoder::Pixel pixel = coder_.pixel(y, x);
        error_ = coder_.error(pixel, coder_.with_error(pixel, error_), byte);
        coder_.settle_error(y, x, error_);
        indices_[y * region_.width + x] = byte;
    }

    static std::size_t hash(const std::uint8_t* bytes) {
        const auto word = static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
        return word * 2654435761u >> (32 - kHashBits);
    }

    const Region region_;
    const std::size_t stride_, longest_open_;  // bytes of a row, and bytes that are not settled at most
    PixelCoder& coder_;
    std::uint8_t* const indices_;
    std::vector<std::uint8_t> stream_;
    std::size_t size_ = 0;
    std::uint64_t error_ = 0;
    std::size_t distance_ = 0, length_ = 0;  // of the match that the last byte is in
    std::size_t recent_[kRecent], n_recent_ = 0;
    std::vector<std::uint32_t> heads_ = std::vector<std::uint32_t>(std::size_t{1} << kHashBits, kNowhere);
    std::vector<std::uint32_t> chain_ = std::vector<std::uint32_t>(kWindow, kNowhere);
    SymbolCounts counts_;
};

}  // namespace pil_kmeans
