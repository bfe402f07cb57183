// Bytes that are settled: the errors they leave, the symbols they take, and where matches may start from.
//
// Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include "kernels/png/pixel_coder.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

// What a survivor did at a byte: its place among the survivors of the byte before (8 bits), the byte (8 bits), and the
// distance of the match (15 bits), with kStart at its first byte; 0 for a literal.
using Move = std::uint32_t;
constexpr std::uint32_t kDistanceBits = 15, kFarthest = (1u << kDistanceBits) - 1, kStart = 1u << kDistanceBits;
inline Move move_of(std::size_t parent, std::uint8_t byte, std::uint32_t distance) {
    return static_cast<Move>(parent) | static_cast<Move>(byte) << 8 | distance << 16;
}

// Places that matches may start from, in slots: a few bytes ago; where three bytes are as the guess is here; as lately;
// and rows above, a few bytes aside, the farthest of each row first, as they lie in memory.
constexpr std::size_t kNear = 4, kChain = 4, kRecent = 8, kRowSlots = 8, kAside = 4;
constexpr std::size_t kChainSlot = kNear, kRecentSlot = kChainSlot + kChain, kRowsSlot = kRecentSlot + kRecent;
constexpr std::size_t kSlots = kRowsSlot + kRowsUp * kRowSlots;
static_assert(kRowsSlot % kSearchLanes == 0 && kRowSlots % kSearchLanes == 0);

class SettledBytes {
  public:
    SettledBytes(const Region& region, const Prices& prices, const PixelCoder& coder, const SearchRoom& room,
                 std::uint8_t* indices)
        : region_(region),
          prices_(prices),
          coder_(coder),
          room_(room),
          stride_(region.width + 1),
          longest_open_((kDepth + 1) * coder.stretch() - 1),
          indices_(indices) {
        for (std::size_t i = 0; i < kSlots; ++i) clear(i);
        for (std::size_t i = 0; i < kNear; ++i) set(i, i + 1);
        for (std::size_t i = kRowsSlot; i < kSlots; ++i) {
            const std::size_t row = 1 + (i - kRowsSlot) / kRowSlots;
            const std::size_t distance = row * stride_ + kAside - (i - kRowsSlot) % kRowSlots;
            if (distance > longest_open_ && distance <= kFarthest) set(i, distance);
        }
    }

    std::size_t size() const { return size_; }
    const SymbolCounts& counts() const { return counts_; }

    void add(Move move) {
        const auto byte = static_cast<std::uint8_t>(move >> 8);
        std::uint8_t* const end = room_.stream + size_;
        *end = byte;
        if (size_ >= 2) {
            std::uint32_t& head = room_.heads[hash(end - 2)];
            room_.chain[(size_ - 2) % kWindow] = head;
            head = static_cast<std::uint32_t>(size_ - 2);
        }
        count(byte, move >> 16);
        leave_error(byte);
        ++size_;
    }

    void end_match() {
        if (length_ >= kShortestMatch) {
            ++counts_.lengths[length_code(length_)];
            ++counts_.distances[distance_code(distance_)];
        }
        length_ = 0;
    }

    // Look for the places that are not always the same. None leads to a byte that is still open when a match gets
    // there.
    void find_places(std::size_t at, std::size_t y, std::size_t x) {
        std::size_t n = 0;
        if (x + 3 <= region_.width) {
            std::uint32_t from = room_.heads[hash(region_.guess + y * region_.width + x)];
            for (std::size_t i = 0; i < kChain && from != kNowhere && at - from <= kFarthest; ++i) {
                const std::size_t distance = at - from;
                if (distance > longest_open_ && !is_slot(distance)) put(kChainSlot + n++, distance);
                from = room_.chain[from % kWindow];
            }
        }
        while (n < n_chained_) clear(kChainSlot + --n_chained_);
        n_chained_ = n;
    }

    const std::uint32_t* distances() const { return distances_; }
    const float* prices() const { return slot_prices_; }  // of three bytes from there

  private:
    void count(std::uint8_t byte, std::uint32_t distance) {
        const bool is_literal = distance == 0, is_start = distance & kStart;
        if (is_literal || is_start) end_match();
        if (is_literal) {
            ++counts_.literals[byte];
            return;
        }
        if (is_start) {
            distance_ = distance & kFarthest;
            if (distance_ > longest_open_) remember(distance_);
        }
        ++length_;
    }

    // As the first of the recent ones, if it is none of those that are always tried.
    void remember(std::uint32_t distance) {
        for (std::size_t i = kRowsSlot; i < kSlots; ++i)
            if (distances_[i] == distance) return;
        std::size_t last = kRecentSlot;
        while (last < kRecentSlot + kRecent - 1 && distances_[last] != distance) ++last;
        if (distances_[last]) forget(distances_[last]);
        for (std::size_t i = last; i > kRecentSlot; --i) {
            distances_[i] = distances_[i - 1];
            slot_prices_[i] = slot_prices_[i - 1];
        }
        set(kRecentSlot, distance);
    }

    void put(std::size_t slot, std::size_t distance) {
        distances_[slot] = static_cast<std::uint32_t>(distance);
        slot_prices_[slot] = prices_.lengths[kShortestMatch] + prices_.distances[distance_code(distance)];
    }
    void clear(std::size_t slot) {
        distances_[slot] = 0;
        slot_prices_[slot] = kNever;
    }
    // These are found by is_slot.
    void set(std::size_t slot, std::size_t distance) {
        put(slot, distance);
        in_slots_[distance / 64] |= std::uint64_t{1} << distance % 64;
    }
    void forget(std::size_t distance) { in_slots_[distance / 64] &= ~(std::uint64_t{1} << distance % 64); }
    bool is_slot(std::size_t distance) const { return in_slots_[distance / 64] >> distance % 64 & 1; }

    void leave_error(std::uint8_t byte) {
        if (column_ == 0) {  // the filter's type
            error_ = {broadcast(0), broadcast(0)};
        } else {
            const std::size_t x = column_ - 1, i = y_ * region_.width + x;
            if (region_.weights[i] < 0)
                error_ = {broadcast(0), broadcast(0)};
            else
                error_ = minus(coder_.with_error(coder_.wanted(y_, x), error_), coder_.entry(byte));
            coder_.settle_error(y_, x, error_);
            indices_[i] = byte;
        }
        if (++column_ == stride_) column_ = 0, ++y_;
    }

    static std::size_t hash(const std::uint8_t* bytes) {
        const std::uint32_t word =
            bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 | static_cast<std::uint32_t>(bytes[2]) << 16;
        return word * 2654435761u >> (32 - kHashBits);
    }

    const Region region_;
    const Prices& prices_;
    const PixelCoder& coder_;
    const SearchRoom room_;
    const std::size_t stride_, longest_open_;  // bytes of a row, and bytes that are not settled at most
    std::uint8_t* const indices_;
    std::size_t size_ = 0, y_ = 0, column_ = 0;
    Coords error_{broadcast(0), broadcast(0)};
    std::uint32_t distance_ = 0;  // of the match that the last byte is in
    std::size_t length_ = 0;
    std::uint32_t distances_[kSlots];
    float slot_prices_[kSlots];
    std::size_t n_chained_ = 0;
    std::uint64_t in_slots_[(kFarthest + 1) / 64] = {};
    SymbolCounts counts_;
};

}  // namespace
}  // namespace pil_kmeans::PIL_KMEANS_ISA
