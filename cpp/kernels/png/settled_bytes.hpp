// Bytes that are settled: the errors they leave, the symbols they take, and where matches may start from.
//
// Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include <algorithm>
#include <bit>
#include <iterator>

#include "kernels/png/pixel_coder.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr std::uint32_t kFarthest = kWindow - 1;

// Survivors have slots: the one that ends in a literal, those in matches with a few bytes ago, with other places that
// were found of late, and with rows above.
constexpr std::size_t kLiteral = 0, kNear = 3, kFoundSlot = 1 + kNear, kFound = 12;
constexpr std::size_t kRowsSlot = kFoundSlot + kFound, kGroupSlots = 8;

// Slots next to each other for bytes of a row above, as they lie in memory: the first is so many columns to the left.
// A place costs about as much as any other of its row, so many make the bytes that the pixels are to have likely there.
struct RowGroup {
    std::ptrdiff_t row, left;
    // Of the match of a slot; one that is none of deflate's, also below 0, is of no slot.
    constexpr std::ptrdiff_t distance(std::size_t stride, std::size_t place) const {
        return row * static_cast<std::ptrdiff_t>(stride) + left - static_cast<std::ptrdiff_t>(place);
    }
};
constexpr RowGroup kGroups[] = {{1, 4},   {2, 4},  {3, 4},   {1, 12}, {1, -4},  {1, 20}, {1, -12}, {2, 12},
                                {2, -4},  {1, 28}, {1, -20}, {3, 12}, {3, -4},  {1, 36}, {1, -28}, {2, 20},
                                {2, -12}, {1, 44}, {1, -36}, {2, 28}, {2, -20}, {1, 52}, {3, 20},  {3, -12}};
constexpr std::size_t kSlots = kRowsSlot + std::size(kGroups) * kGroupSlots;
static_assert(kRowsSlot % kSearchLanes == 0 && kGroupSlots % kSearchLanes == 0 && kRowsSlot < 64 && kSlots <= 256);
static_assert(std::all_of(std::begin(kGroups), std::end(kGroups), [](const RowGroup& group) {
    constexpr auto kMost = static_cast<std::ptrdiff_t>(kMostAside);
    return group.row <= static_cast<std::ptrdiff_t>(kRowsUp) && group.left <= kMost &&
           group.left - static_cast<std::ptrdiff_t>(kGroupSlots) >= -kMost;
}));

// What is decided at a byte.
struct Decision {
    std::uint8_t byte;
    bool is_literal, is_start;
    std::uint8_t slot;
    std::uint32_t distance;
};

class SettledBytes {
  public:
    SettledBytes(const Region& region, const Prices& prices, const PixelCoder& coder, const SearchRoom& room,
                 std::size_t n_slots, std::uint8_t* indices)
        : region_(region),
          prices_(prices),
          coder_(coder),
          room_(room),
          stride_(region.width + 1),
          longest_open_((kDepth + 1) * coder.stretch() - 1),
          indices_(indices) {
        for (std::size_t i = 0; i < kSlots; ++i) clear(i);
        for (std::size_t i = 1; i <= kNear; ++i) set(i, i);
        for (std::size_t i = kRowsSlot; i < n_slots; ++i) {
            const std::size_t place = i - kRowsSlot;
            const std::ptrdiff_t distance = kGroups[place / kGroupSlots].distance(stride_, place % kGroupSlots);
            if (distance > static_cast<std::ptrdiff_t>(longest_open_) && distance <= std::ptrdiff_t{kFarthest}) {
                set(i, static_cast<std::size_t>(distance));
                farthest_above_ = std::max(farthest_above_, static_cast<std::size_t>(distance));
            }
        }
    }

    std::size_t size() const { return size_; }
    std::size_t farthest_above() const { return farthest_above_; }  // distance of the slots for rows
    const SymbolCounts& counts() const { return counts_; }

    void add(const Decision& decision) {
        std::uint8_t* const end = room_.stream + size_;
        const std::uint8_t byte =
            decision.is_literal ? decision.byte : end[-static_cast<std::ptrdiff_t>(decision.distance)];
        *end = byte;
        const Coords entry = coder_.entry(byte);
        room_.stream_xy[size_] = first_lane(entry.xy), room_.stream_zw[size_] = first_lane(entry.zw);
        if (size_ >= 2) {
            std::uint32_t& head = room_.heads[hash(end - 2)];
            room_.chain[(size_ - 2) % kWindow] = head;
            head = static_cast<std::uint32_t>(size_ - 2);
        }
        if (decision.is_literal || decision.is_start) end_match();
        if (decision.is_literal) {
            ++counts_.literals[byte];
            tell(byte);
        } else {
            distance_ = decision.distance;
            ++length_;
            if (decision.slot < kRowsSlot) used_ |= std::uint64_t{1} << decision.slot;
        }
        ++size_;
    }

    // Leave the errors of all bytes since the last time.
    void leave_errors() {
        while (n_left_ < size_) {
            const std::size_t y = n_left_ / stride_, column = n_left_ % stride_;
            if (column == 0) {  // the filter's type
                error_ = none();
                ++n_left_;
                continue;
            }
            const std::size_t x = column - 1, n = std::min({kLanes, region_.width - x, size_ - n_left_});
            const std::uint8_t* const bytes = room_.stream + n_left_;
            std::uint32_t lack_xy[kLanes], lack_zw[kLanes];
            coder_.lacks_of_light(y, x, bytes, n, lack_xy, lack_zw);
            for (std::size_t j = 0; j < n; ++j) {
                const std::size_t i = y * region_.width + x + j;
                indices_[i] = bytes[j];
                error_ = region_.weights[i] < 0
                             ? none()
                             : plus(minus(PixelCoder::with_error(coder_.wanted(y, x + j),
                                                                 coder_.from_left(region_.weights[i]), error_),
                                          coder_.entry(bytes[j])),
                                    {broadcast_word(lack_xy[j]), broadcast_word(lack_zw[j])});
                coder_.settle_error(y, x + j, error_);
            }
            n_left_ += n;
        }
    }

    void end_match() {
        if (length_ >= kShortestMatch) {
            ++counts_.lengths[length_code(length_)];
            ++counts_.distances[distance_code(distance_)];
            tell(static_cast<std::uint32_t>(length_) | distance_ << 16);
        } else {  // it was none
            for (std::size_t i = size_ - length_; i < size_; ++i) tell(room_.stream[i]);
        }
        length_ = 0;
    }

    // There are no more bytes.
    void end() {
        end_match();
        tell(kNoSymbol);
    }

    // Look for places, so many at most, where three bytes are as the guess is here, and call `found(distance)` for
    // those that no slot has. None leads to a byte that is still open when a match gets there.
    template <std::size_t kMost, typename Found>
    void find_places(std::size_t at, std::size_t y, std::size_t x, const Found& found) {
        if (x + 3 > region_.width) return;
        std::uint32_t from = room_.heads[hash(region_.guess + y * region_.width + x)];
        for (std::size_t i = 0; i < kMost && from != kNowhere && at - from <= kFarthest; ++i) {
            const std::size_t distance = at - from;
            if (distance > longest_open_ && !(in_slots_[distance / 64] >> distance % 64 & 1))
                if (found(static_cast<std::uint32_t>(distance))) return;
            from = room_.chain[from % kWindow];
        }
    }

    // The next slot of found places below kEnd, by turns, that is neither among `busy` nor was used of late; or if all
    // are, the next.
    template <std::size_t kEnd>
    std::size_t free_slot(std::uint64_t busy) {
        constexpr std::uint64_t kAll = ((std::uint64_t{1} << kEnd) - 1) & ~((std::uint64_t{1} << kFoundSlot) - 1);
        std::uint64_t free = kAll & ~(busy | used_);
        if (!free) {
            used_ = 0;
            free = kAll & ~busy;
            if (!free) free = kAll;
        }
        const std::uint64_t later = free & (~std::uint64_t{1} << turn_);
        turn_ = static_cast<std::size_t>(std::countr_zero(later ? later : free));
        return turn_;
    }

    // A match may start from that distance from now on, in place of another one.
    void put(std::size_t slot, std::uint32_t distance) {
        const std::uint32_t old = distances_[slot];
        if (old) in_slots_[old / 64] &= ~(std::uint64_t{1} << old % 64);
        set(slot, distance);
    }

    const std::uint32_t* distances() const { return distances_; }
    const float* prices() const { return slot_prices_; }  // of three bytes from there

    float start_price(std::uint32_t distance) const {
        return prices_.lengths[kShortestMatch] + prices_.distances[distance_code(distance)];
    }

  private:
    void clear(std::size_t slot) {
        distances_[slot] = 0;
        slot_prices_[slot] = kNever;
    }
    void set(std::size_t slot, std::size_t distance) {
        distances_[slot] = static_cast<std::uint32_t>(distance);
        slot_prices_[slot] = start_price(distances_[slot]);
        in_slots_[distance / 64] |= std::uint64_t{1} << distance % 64;
    }

    void tell(std::uint32_t symbol) {
        if (room_.symbols) room_.symbols[n_symbols_++] = symbol;
    }

    static Coords none() { return {broadcast(0), broadcast(0)}; }

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
    std::size_t farthest_above_ = 0;
    std::size_t size_ = 0, n_left_ = 0;  // bytes, and those whose errors are left
    Coords error_ = none();
    std::uint32_t distance_ = 0;  // of the match that the last byte is in
    std::size_t length_ = 0;
    std::uint32_t distances_[kSlots];
    float slot_prices_[kSlots];
    std::uint64_t in_slots_[(kFarthest + 1) / 64] = {};  // a bit for each distance that a slot has
    std::uint64_t used_ = 0;                             // slots
    std::size_t turn_ = kFoundSlot, n_symbols_ = 0;
    SymbolCounts counts_;
};

}  // namespace
}  // namespace pil_kmeans::PIL_KMEANS_ISA
