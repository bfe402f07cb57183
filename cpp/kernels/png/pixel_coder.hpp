// A pixel on its way to an index: what it is to be approached, and what its neighbours' errors make of that.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/base/quad.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/png/rate_distortion.hpp"

namespace pil_kmeans {

inline constexpr float kNever = std::numeric_limits<float>::max();
inline constexpr std::int32_t kColorWeight = 2867;  // of the colour axes, in 4096ths: lightness counts more
inline constexpr std::int16_t kReach = kMaxCoordinate + kMaxCoordinate / 2;  // of a pixel with its neighbours' errors

inline Quad filled8(std::int16_t x) {
    std::int16_t all[8];
    std::fill(all, all + 8, x);
    return load8(all);
}

// Coordinates as the search measures them.
inline std::uint64_t weighed(const Points& points, std::size_t i) {
    constexpr std::int32_t kAxes[4] = {4096, kColorWeight, kColorWeight, 4096};
    const Quad point = from_pixel(std::uint64_t{points.zw[i]} << 32 | points.xy[i]);
    return to_pixel(narrow(shift_right4<12>(add4(times4(point, load4(kAxes)), fill4(2048)))));
}

inline std::int32_t square(Quad error) {
    std::int32_t sums[4];
    store4(sums, dot4(error, error));
    return sums[0] + sums[1];
}

// Palette and prices, and the errors that rows hand down.
class PixelCoder {
  public:
    PixelCoder(const Region& region, const Points& entries, const Prices& prices, const RateDistortion& options)
        : region_(region),
          k_(entries.n),
          prices_(prices),
          feedback_(options.feedback),
          from_left_(fill4(-7 * options.feedback)),
          errors_{std::vector<std::uint64_t>(region.width + 2), std::vector<std::uint64_t>(region.width + 2)} {
        for (std::size_t j = 0; j < kRoom; ++j) {
            entries_[j] = j < k_ ? weighed(entries, j) : 0;
            xy_[j] = static_cast<std::uint32_t>(entries_[j]);
            zw_[j] = static_cast<std::uint32_t>(entries_[j] >> 32);
            literals_[j] = j < k_ ? prices.literals[j] : kNever;
        }
        for (std::size_t length = 0; length < kLongestMatch; ++length)
            longer_[length] = length < kShortestMatch ? 0 : prices.lengths[length + 1] - prices.lengths[length];
    }

    // A pixel as it is to be approached, and what it may get.
    struct Pixel {
        Quad wanted;  // without the error of the pixel to the left
        float weight;
        std::uint8_t lowest, highest;
        bool is_kept;

        bool allows(std::uint8_t byte) const { return lowest <= byte && byte <= highest; }
    };

    Pixel pixel(std::size_t y, std::size_t x) const {
        const std::size_t i = y * region_.width + x;
        const float weight = region_.weights[i];
        if (weight < 0) return {fill4(0), 0, region_.guess[i], region_.guess[i], true};
        const std::uint64_t* const above = errors_[(y + 1) & 1].data() + x;
        Quad wanted = from_pixel(weighed(region_.points, i));
        if (y) {
            const Quad one = widen(above[0]), five = widen(above[1]), three = widen(above[2]);
            const Quad fives = add4(five, shift_left4<2>(five)), threes = add4(three, shift_left4<1>(three));
            std::int32_t sums[4];
            store4(sums, add4(one, add4(fives, threes)));
            for (std::int32_t& sum : sums) sum = -sum * feedback_;
            wanted = sub8(wanted, narrow(shift_right4<12>(load4(sums))));
        }
        return {wanted, weight, region_.lowest[i], static_cast<std::uint8_t>(k_ - 1), false};
    }

    Quad with_error(const Pixel& pixel, std::uint64_t error) const {
        const Quad wanted = sub8(pixel.wanted, narrow(shift_right4<12>(times4(from_pixel(error), from_left_))));
        return max8(min8(wanted, kHighest), kLowest);
    }

    std::uint64_t error(const Pixel& pixel, Quad wanted, std::uint8_t byte) const {
        return pixel.is_kept ? 0 : to_pixel(sub8(wanted, from_pixel(entries_[byte])));
    }

    float distortion(const Pixel& pixel, std::uint64_t error) const {
        return pixel.weight * static_cast<float>(square(from_pixel(error)));
    }

    // The cheapest literal. Distortions of all bytes that the pixel allows can then be asked for.
    std::uint8_t literal(const Pixel& pixel, Quad wanted) {
        if (pixel.is_kept) {
            distortions_[pixel.lowest] = 0;
            return pixel.lowest;
        }
        const std::uint64_t point = to_pixel(wanted);
        const std::size_t from = pixel.lowest;
        return static_cast<std::uint8_t>(
            from + kernels_.cheapest_entry({xy_ + from, zw_ + from, k_ - from}, static_cast<std::uint32_t>(point),
                                           static_cast<std::uint32_t>(point >> 32), pixel.weight, literals_ + from,
                                           distortions_ + from));
    }

    float distortion_of(std::uint8_t byte) const { return distortions_[byte]; }
    float literal_price(std::uint8_t byte) const { return literals_[byte]; }
    float longer_price(std::size_t length) const { return longer_[length]; }  // a byte more, of a match of this length
    float start_price(std::size_t distance) const {
        return prices_.lengths[kShortestMatch] + prices_.distances[distance_code(distance)];
    }

    void settle_error(std::size_t y, std::size_t x, std::uint64_t error) { errors_[y & 1][x + 1] = error; }

  private:
    static constexpr std::size_t kRoom = 256 + kCandidatePad;
    const Quad kHighest = filled8(kReach), kLowest = filled8(-kReach);

    const Region region_;
    const std::size_t k_;
    const Prices& prices_;
    const std::int32_t feedback_;
    const Quad from_left_;
    const Kernels& kernels_ = kernels();
    std::vector<std::uint64_t> errors_[2];  // of the rows' settled pixels, by turns; a zero at either end
    std::uint64_t entries_[kRoom];
    std::uint32_t xy_[kRoom], zw_[kRoom];
    float literals_[kRoom], distortions_[kRoom] = {};
    float longer_[kLongestMatch];
};

}  // namespace pil_kmeans
