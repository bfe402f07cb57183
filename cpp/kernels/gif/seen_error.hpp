// Seen error: points as errors are measured, four int16 in 64 bits, and their distances.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/base/points.hpp"
#include "kernels/base/quad.hpp"

namespace pil_kmeans {

inline constexpr std::int32_t kSeenColor = 2867;  // of the colour axes, in 4096ths: lightness counts more
inline constexpr std::int16_t kSeenReach =
    kMaxCoordinate + kMaxCoordinate / 2;  // of a pixel with its neighbours' errors

inline Quad all_eight(std::int16_t x) {
    std::int16_t all[8];
    std::fill(all, all + 8, x);
    return load8(all);
}

inline std::uint64_t seen(const Points& points, std::size_t i) {
    constexpr std::int32_t kAxes[4] = {4096, kSeenColor, kSeenColor, 4096};
    const Quad point = from_pixel(std::uint64_t{points.zw[i]} << 32 | points.xy[i]);
    return to_pixel(narrow(shift_right4<12>(add4(times4(point, load4(kAxes)), fill4(2048)))));
}

inline std::int32_t squared(Quad error) {
    std::int32_t sums[4];
    store4(sums, dot4(error, error));
    return sums[0] + sums[1];
}

// Entries of a palette, as far as a pixel is from each of them.
class SeenEntries {
  public:
    explicit SeenEntries(const Points& entries) : n_(entries.n) {
        for (std::size_t j = 0; j < kRoom; ++j) {
            entries_[j] = j < n_ ? seen(entries, j) : 0;
            xy_[j] = static_cast<std::uint32_t>(entries_[j]);
            zw_[j] = static_cast<std::uint32_t>(entries_[j] >> 32);
        }
    }

    std::size_t size() const { return n_; }
    std::uint64_t operator[](std::size_t j) const { return entries_[j]; }

    // Squared distances of all entries.
    const std::int32_t* distances(std::uint64_t point) {
        const Quad xy = fill4(static_cast<std::int32_t>(point)), zw = fill4(static_cast<std::int32_t>(point >> 32));
        for (std::size_t j = 0; j < n_; j += 4) {
            const Quad a = sub8(xy, load8(xy_ + j)), b = sub8(zw, load8(zw_ + j));
            store4(distances_ + j, add4(dot4(a, a), dot4(b, b)));
        }
        return distances_;
    }

  private:
    static constexpr std::size_t kRoom = kMaxByteColors + 4;
    const std::size_t n_;
    std::uint64_t entries_[kRoom];
    std::uint32_t xy_[kRoom], zw_[kRoom];
    std::int32_t distances_[kRoom];
};

}  // namespace pil_kmeans
