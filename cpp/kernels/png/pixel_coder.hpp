// A pixel on its way to an index: what it is to be approached, and what its neighbours' errors make of that.
//
// Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include <bit>
#include <cstring>

#include "kernels/png/light_lacks.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kNever = 3e38f;                                       // a cost beyond all others
constexpr std::int16_t kReach = kMaxCoordinate + kMaxCoordinate / 2;  // of a pixel with its neighbours' errors

inline Vec both16(std::int32_t x) {
    return broadcast_word(pack_pair(static_cast<std::int16_t>(x), static_cast<std::int16_t>(x)));
}

inline Coords minus(const Coords& a, const Coords& b) { return {sub16(a.xy, b.xy), sub16(a.zw, b.zw)}; }
inline Coords plus(const Coords& a, const Coords& b) { return {add16(a.xy, b.xy), add16(a.zw, b.zw)}; }
inline Vec square(const Coords& a) { return add(dot_pairs(a.xy, a.xy), dot_pairs(a.zw, a.zw)); }

// Makes coordinates as the search measures them, of which colour counts less than lightness.
class Weigher {
  public:
    explicit Weigher(std::int32_t color)
        // What is taken off, as the high half of a product.
        : off_xy_(broadcast_word(pack_pair(0, static_cast<std::int16_t>((4096 - color) * 16)))),
          off_zw_(broadcast_word(pack_pair(static_cast<std::int16_t>((4096 - color) * 16), 0))) {}

    Vec xy(Vec xy) const { return sub16(xy, multiply_high16(xy, off_xy_)); }
    Vec zw(Vec zw) const { return sub16(zw, multiply_high16(zw, off_zw_)); }

  private:
    const Vec off_xy_, off_zw_;
};

// Palette and prices, and the errors that rows hand down.
class PixelCoder {
  public:
    PixelCoder(const Region& region, const Points& entries, const Prices& prices, const Feedback& feedback,
               const SearchRoom& room)
        : region_(region),
          weigh_(region.color),
          k_(entries.n),
          stretch_(stretch_of(region.width)),
          room_(room),
          lacks_(entries, region.units, region.lowest) {
        for (std::size_t smooth = 0; smooth < 2; ++smooth) {
            const auto share = [&](std::int32_t sixteenths) {
                return both16(-sixteenths * (smooth ? feedback.smooth : feedback.usual) * 16);
            };
            from_left_[smooth] = share(7);
            from_above_[smooth][0] = share(1), from_above_[smooth][1] = share(5), from_above_[smooth][2] = share(3);
        }
        for (std::size_t j = 0; j < kRoom; ++j) {
            xy_[j] = j < k_ ? first_lane(weigh_.xy(broadcast_word(entries.xy[j]))) : 0;
            zw_[j] = j < k_ ? first_lane(weigh_.zw(broadcast_word(entries.zw[j]))) : 0;
            literals_[j] = j < k_ ? prices.literals[j] : kNever;
        }
    }

    // A pixel as it is to be approached, without the error of the one to the left, and what it may get.
    struct Pixel {
        Coords wanted;
        Vec from_left;  // factor of the error of the one to the left
        float weight;
        std::int32_t lowest, highest;
        bool is_kept;
        std::uint8_t guess;

        Vec allows(Vec byte) const {
            const Vec is_beyond = bit_or(less(byte, broadcast(lowest)), less(broadcast(highest), byte));
            return bit_and_not(broadcast(-1), is_beyond);
        }
    };

    std::size_t stretch() const { return stretch_; }

    // Take what is handed down to the pixels of a stretch from x on; what hands it down is settled by then.
    void begin_stretch(std::size_t y, std::size_t x) const {
        const std::size_t left = region_.width - x, n = stretch_ < left ? stretch_ : left;
        std::uint32_t xy[kLongestStretch + kSearchLanes] = {}, zw[kLongestStretch + kSearchLanes] = {};
        std::memcpy(xy, region_.points.xy + y * region_.width + x, n * sizeof *xy);
        std::memcpy(zw, region_.points.zw + y * region_.width + x, n * sizeof *zw);
        float weights[kLongestStretch + kSearchLanes] = {};
        std::memcpy(weights, region_.weights + y * region_.width + x, n * sizeof *weights);
        const std::uint32_t* const above_xy = room_.errors_xy[(y + 1) & 1] + x;
        const std::uint32_t* const above_zw = room_.errors_zw[(y + 1) & 1] + x;
        for (std::size_t j = 0; j < n; j += kLanes) {
            Coords wanted{weigh_.xy(load(xy + j)), weigh_.zw(load(zw + j))};
            const Vec is_usual = less_float(load(weights + j), broadcast_float(kSmoothWeight));
            for (std::size_t i = 0; y && i < 3; ++i) {
                const Vec factor = select(is_usual, from_above_[0][i], from_above_[1][i]);
                const Coords error{load(above_xy + j + i), load(above_zw + j + i)};
                wanted = minus(wanted, {multiply_high16(error.xy, factor), multiply_high16(error.zw, factor)});
            }
            store(room_.wanted_xy[y & 1] + x + j, wanted.xy);
            store(room_.wanted_zw[y & 1] + x + j, wanted.zw);
        }
    }

    Pixel pixel(std::size_t y, std::size_t x) const {
        const std::size_t i = y * region_.width + x;
        const float weight = region_.weights[i];
        if (weight < 0) return kept(region_.guess[i]);
        const std::int32_t lowest = region_.lowest ? region_.lowest[i] : 0;
        return {wanted(y, x), from_left(weight), weight * region_.scale, lowest, static_cast<std::int32_t>(k_ - 1),
                false,        region_.guess[i]};
    }

    // One that has this index, and no error.
    static Pixel kept(std::int32_t index) {
        return {{broadcast(0), broadcast(0)}, broadcast(0), 0, index, index, true, static_cast<std::uint8_t>(index)};
    }

    Vec from_left(float weight) const { return from_left_[weight >= kSmoothWeight]; }

    Coords wanted(std::size_t y, std::size_t x) const {
        return {broadcast_word(room_.wanted_xy[y & 1][x]), broadcast_word(room_.wanted_zw[y & 1][x])};
    }

    // With the error of the pixel to the left.
    static Coords with_error(const Coords& wanted, Vec from_left, const Coords& error) {
        const Vec highest = both16(kReach), lowest = both16(-kReach);
        const auto within = [&](Vec a) { return max16(min16(a, highest), lowest); };
        return {within(sub16(wanted.xy, multiply_high16(error.xy, from_left))),
                within(sub16(wanted.zw, multiply_high16(error.zw, from_left)))};
    }

    Coords entries(Vec bytes) const { return {gather(xy_, bytes), gather(zw_, bytes)}; }
    Coords entries_from(std::size_t j) const { return {load(xy_ + j), load(zw_ + j)}; }
    Coords entry(std::uint8_t byte) const { return {broadcast_word(xy_[byte]), broadcast_word(zw_[byte])}; }

    // The cheapest literal, the first of several. Distortions of all bytes that the pixel allows can then be asked for.
    std::uint8_t literal(const Pixel& pixel, const Coords& wanted) {
        if (pixel.is_kept) {
            distortions_[pixel.lowest] = 0;
            return static_cast<std::uint8_t>(pixel.lowest);
        }
        Vec least[kChains], place[kChains];
        for (std::size_t i = 0; i < kChains; ++i) least[i] = broadcast_float(kNever), place[i] = broadcast(0);
        each_entry(pixel, wanted, [&](std::size_t i, std::size_t entry, Vec at, Vec distortion) {
            store(distortions_ + entry, distortion);
            const Vec cost = plus(distortion, load(literals_ + entry));
            place[i] = select(less_float(cost, least[i]), at, place[i]);
            least[i] = min_float(cost, least[i]);
        });
        const Vec of_all =
            broadcast_float(least_float(min_float(min_float(least[0], least[1]), min_float(least[2], least[3]))));
        Vec first = broadcast(256);
        for (std::size_t i = 0; i < kChains; ++i) {
            const Vec mine = select(equal(least[i], of_all), place[i], broadcast(256));
            first = select(less(mine, first), mine, first);
        }
        const std::int32_t best = least_word(first);
        return static_cast<std::uint8_t>(best);
    }

    // The same of what is likely, as bits that it costs but for the last 8, which are the literal. Distortions cannot
    // be asked for.
    template <bool kLimited>
    float likely_literal(const Pixel& pixel, const Coords& wanted) {
        if (pixel.is_kept) return with_byte(literals_[pixel.lowest], static_cast<std::uint32_t>(pixel.lowest));
        const Likely& likely = room_.likely[pixel.guess];
        Vec least = broadcast_float(kNever);
        for (std::size_t i = 0; i < Likely::kSize; i += kLanes) {
            const Vec entries = load(likely.entries + i), price = load(likely.prices + i);
            const Coords error = minus(wanted, {load(likely.xy + i), load(likely.zw + i)});
            Vec cost = plus(times(square(error), pixel.weight), price);
            cost = bit_or(bit_and_not(cost, broadcast(255)), entries);
            if (kLimited) cost = select(pixel.allows(entries), cost, broadcast_float(kNever));
            least = min_float(cost, least);
        }
        const float found = least_float(least);
        if (!kLimited || found < kNever) return found;
        const std::uint8_t byte = literal(pixel, wanted);  // none of these is allowed
        return with_byte(distortion_of(byte) + literals_[byte], byte);
    }

    // Find what is likely.
    void find_likely() {
        constexpr std::size_t kSize = Likely::kSize;
        const float weight = region_.scale * kUsualWeight;
        alignas(32) float costs[kRoom], kept[kSize];
        for (std::size_t guess = 0; guess < k_; ++guess) {
            const Coords wanted = entry(static_cast<std::uint8_t>(guess));
            for (std::size_t j = 0; j < k_; j += kLanes) {
                const Coords error = minus(wanted, {load(xy_ + j), load(zw_ + j)});
                store(costs + j, plus(times(square(error), weight), load(literals_ + j)));
            }
            costs[guess] = -1;  // in any case
            Likely& likely = room_.likely[guess];
            for (std::size_t i = 0; i < kSize; ++i)
                kept[i] = kNever, likely.entries[i] = static_cast<std::int32_t>(guess);
            for (std::size_t j = 0; j < k_; ++j) {
                if (!(costs[j] < kept[kSize - 1])) continue;
                std::size_t at = kSize - 1;
                for (; at > 0 && costs[j] < kept[at - 1]; --at)
                    kept[at] = kept[at - 1], likely.entries[at] = likely.entries[at - 1];
                kept[at] = costs[j], likely.entries[at] = static_cast<std::int32_t>(j);
            }
            for (std::size_t i = 0; i < kSize; ++i) {
                const auto j = static_cast<std::size_t>(likely.entries[i]);
                likely.xy[i] = xy_[j], likely.zw[i] = zw_[j], likely.prices[i] = literals_[j];
            }
        }
    }

    float distortion(const Pixel& pixel, const Coords& wanted, std::uint8_t byte) const {
        return std::bit_cast<float>(first_lane(times(square(minus(wanted, entry(byte))), pixel.weight)));
    }
    float distortion_of(std::uint8_t byte) const { return distortions_[byte]; }
    Vec distortions_of(Vec bytes) const { return gather(distortions_, bytes); }
    float literal_price(std::uint8_t byte) const { return literals_[byte]; }

    // What the errors of some pixels of a row lack of light, weighed, of as many as there are lanes; n of them count.
    void lacks_of_light(std::size_t y, std::size_t x, const std::uint8_t* bytes, std::size_t n, std::uint32_t* lack_xy,
                        std::uint32_t* lack_zw) const {
        const Coords lacks = lacks_.of(some_of(region_.points, y * region_.width + x, n), load_bytes(bytes));
        store(lack_xy, weigh_.xy(lacks.xy));
        store(lack_zw, weigh_.zw(lacks.zw));
    }

    void settle_error(std::size_t y, std::size_t x, const Coords& error) const {
        room_.errors_xy[y & 1][x + 1] = first_lane(error.xy);
        room_.errors_zw[y & 1][x + 1] = first_lane(error.zw);
    }

  private:
    static constexpr std::size_t kRoom = 256 + 4 * kSearchLanes;
    static constexpr std::size_t kChains = 4;    // that do not wait for each other
    static constexpr float kUsualWeight = 0.5f;  // of a pixel

    static float with_byte(float bits, std::uint32_t byte) {
        return std::bit_cast<float>((std::bit_cast<std::uint32_t>(bits) & ~255u) | byte);
    }

    // Call `see(chain, entry, bytes, distortions)` for lanes of entries from the lowest that the pixel allows on.
    template <typename See>
    void each_entry(const Pixel& pixel, const Coords& wanted, const See& see) const {
        const auto from = static_cast<std::size_t>(pixel.lowest);
        Vec at[kChains];
        for (std::size_t i = 0; i < kChains; ++i)
            at[i] = add(lane_numbers(), broadcast(static_cast<std::int32_t>(from + i * kLanes)));
        for (std::size_t j = from; j < k_; j += kChains * kLanes)
            for (std::size_t i = 0; i < kChains; ++i) {
                const std::size_t entry = j + i * kLanes;
                see(i, entry, at[i],
                    times(square(minus(wanted, {load(xy_ + entry), load(zw_ + entry)})), pixel.weight));
                at[i] = add(at[i], broadcast(kChains * kLanes));
            }
    }

    const Region region_;
    const Weigher weigh_;
    const std::size_t k_, stretch_;
    const SearchRoom room_;
    const LightLacks lacks_;
    Vec from_left_[2], from_above_[2][3];  // less of the errors of neighbours, as factors of which the high half counts
    std::uint32_t xy_[kRoom], zw_[kRoom];
    float literals_[kRoom], distortions_[kRoom] = {};
};

}  // namespace
}  // namespace pil_kmeans::PIL_KMEANS_ISA
