// What a rate-distortion search writes to, and how large that is.
//
// It is allocated here, not by the search itself: what is compiled for one instruction set makes nothing of the
// standard library that others could be linked to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/png/rate_distortion.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kLongestStretch = 32, kDepth = 4;  // bytes of a stretch, settled so many stretches later
inline constexpr std::size_t kRowsUp = 3, kMostAside = 64;  // matches may start from so many rows above, and columns
inline constexpr std::size_t kSearchLanes = 8;              // most lanes of a vector
inline constexpr std::size_t kOpenBytes = 256;              // a power of 2, bytes not settled at most
inline constexpr int kHashBits = 15;
inline constexpr std::uint32_t kNowhere = ~0u;

// What a quick search looks at for a literal where the guess is some entry: those that cost least if it is what is
// wanted. Some may come twice.
struct Likely {
    static constexpr std::size_t kSize = 16;
    std::uint32_t xy[kSize], zw[kSize];
    float prices[kSize];
    std::int32_t entries[kSize];
};
static_assert(Likely::kSize % kSearchLanes == 0);

static_assert((kDepth + 1) * kLongestStretch <= kOpenBytes);

// Bytes of a stretch: so few that what hands its error down to a stretch of the next row is settled.
inline std::size_t stretch_of(std::size_t width) { return std::min(kLongestStretch, (width - 2) / (kDepth + 2)); }

// Where the ways behind Paeth came from at some column.
inline constexpr std::size_t kPaethWays = 8;
struct PaethWays {
    std::uint8_t index[kPaethWays], from[kPaethWays];
};

// How errors are blurred: kErrorSide rows and columns, whose middle is 1.
inline constexpr std::size_t kErrorReach = 4, kErrorSide = 2 * kErrorReach + 1;

// Pointers into a SearchMemory.
struct SearchRoom {
    std::uint8_t* stream;  // bytes as deflate sees them; readable for kRowsUp rows and kMostAside bytes before
    std::uint32_t *stream_xy, *stream_zw;  // their entries, as the search measures them
    std::uint32_t* heads;                  // (1 << kHashBits,) of kNowhere
    std::uint32_t* chain;                  // (kWindow,)
    // Rows by turns, from the first pixel on: pixels with the errors handed down to them, and the errors they leave,
    // which have a zero at either end.
    std::uint32_t *wanted_xy[2], *wanted_zw[2], *errors_xy[2], *errors_zw[2];
    Likely* likely;          // (256,) of each entry
    std::uint32_t* symbols;  // as `choose_indices` says, or null
};

class SearchMemory {
  public:
    SearchRoom room_for(std::size_t height, std::size_t width, std::uint32_t* symbols) {
        const std::size_t stride = width + 1, before = kRowsUp * stride + kMostAside + kSearchLanes;
        const std::size_t row = width + 2 + kLongestStretch + 2 * kSearchLanes;
        stream_.resize(std::max(stream_.size(), before + height * stride + kMostAside + 2 * kSearchLanes));
        for (auto& coordinates : stream_entries_) coordinates.resize(stream_.size());
        heads_.assign(std::size_t{1} << kHashBits, kNowhere);
        chain_.resize(kWindow);
        rows_.assign(8 * row, 0);
        likely_.resize(kLiterals);
        SearchRoom room{stream_.data() + before,
                        stream_entries_[0].data() + before,
                        stream_entries_[1].data() + before,
                        heads_.data(),
                        chain_.data(),
                        {},
                        {},
                        {},
                        {},
                        likely_.data(),
                        symbols};
        std::uint32_t* next = rows_.data();
        for (auto* const rows : {room.wanted_xy, room.wanted_zw, room.errors_xy, room.errors_zw})
            for (std::size_t i = 0; i < 2; ++i, next += row) rows[i] = next;
        return room;
    }

  private:
    std::vector<std::uint8_t> stream_;
    std::vector<std::uint32_t> stream_entries_[2];
    std::vector<std::uint32_t> heads_, chain_, rows_;
    std::vector<Likely> likely_;
};

}  // namespace pil_kmeans
